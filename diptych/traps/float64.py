"""Section Precision and determinism, second part: what stays float32 where float64 was asked for."""

from __future__ import annotations

from .precision import SECTION
from .trap import of, trap


@trap(
    section=SECTION,
    title="Keras' LeakyReLU rounds its slope to float32",
    torch="The slope is a float64 where the data are.",
    keras="layers.LeakyReLU and ops.leaky_relu hand the slope to TensorFlow as a float32.",
    rule="relu(x) - slope * relu(-x).",
    wrong=5.8e-09,
    right=0.0,
    meets=of("leaky_relu"),
    measure="max |a - b| in float64",
)
def leaky_relu_in_float64() -> tuple[float, float]:
    """A leaky ReLU in float64, as Keras' layer and written out."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=1000)
    reference = torch.nn.functional.leaky_relu(torch.tensor(x), 0.1).numpy()
    naive = keras.layers.LeakyReLU(negative_slope=0.1, dtype="float64")(x)
    faithful = keras.ops.relu(x) - 0.1 * keras.ops.relu(-x)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Keras' GELU rounds the square root of 2 to float32",
    torch="The constant is a float64 where the data are.",
    keras="activations.gelu and ops.gelu divide by a root of 2 of float32, whatever the type of the data.",
    rule="0.5 * x * (1 + erf(x * 0.5**0.5)), written out.",
    wrong=5e-09,
    right=2.2e-16,
    meets=of("gelu"),
    measure="max |a - b| in float64",
)
def gelu_in_float64() -> tuple[float, float]:
    """An exact GELU in float64, as Keras' activation and written out."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).normal(size=1000)
    reference = torch.nn.functional.gelu(torch.tensor(x)).numpy()
    naive = keras.activations.gelu(x)
    faithful = 0.5 * x * (1 + keras.ops.erf(x * 0.5**0.5))
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="Keras' Rescaling rounds its factor to float32",
    torch="A product with a Python number is exact to float64.",
    keras="layers.Rescaling makes its scale and its offset float32 before they become the layer's type.",
    rule="ops.multiply and ops.add.",
    wrong=5.9e-08,
    right=0.0,
    meets=of("rescale"),
    measure="max |a - b| in float64",
)
def rescaling_in_float64() -> tuple[float, float]:
    """Pixels divided by 255 in float64, by Keras' layer and by a product."""
    import keras
    import numpy as np
    import torch

    x = np.random.default_rng(0).integers(256, size=(2, 5, 7, 3)).astype(float)
    reference = (torch.tensor(x) * (1 / 255)).numpy()
    naive = keras.layers.Rescaling(1 / 255, dtype="float64")(x)
    faithful = keras.ops.multiply(x, 1 / 255)
    return float(np.abs(reference - naive).max()), float(np.abs(reference - faithful).max())


@trap(
    section=SECTION,
    title="All of TensorFlow's layers but one run in float64",
    torch="Every layer has a float64 kernel on the CPU.",
    keras="Under a float64 policy so have convolutions of every kind, batch normalisation, pooling, resizing and dense "
    "layers, and their gradients; local response normalisation has none.",
    rule="Judge in float64, and write local response normalisation out.",
    wrong=1.0,
    right=0.0,
    meets=of("local_response_norm"),
    measure="kinds of layers that fail in float64",
)
def float64_kernels() -> tuple[float, float]:
    """How many of eleven kinds of layers fail in float64, forwards or backwards, and how many but for LRN."""
    import tensorflow as tf
    from keras import layers

    def fails(kind: str, *arguments: object) -> bool:
        x = tf.Variable(tf.random.stateless_normal((1, 8, 8, 4), [0, 0], dtype=tf.float64))
        try:
            with tf.GradientTape() as tape:
                y = getattr(layers, kind)(*arguments, dtype="float64")(x)
            return bool(tape.gradient(y, x).dtype != tf.float64)
        except tf.errors.InvalidArgumentError:
            return True

    kinds = "Conv2D 4 3", "DepthwiseConv2D 3", "SeparableConv2D 4 3", "Conv2DTranspose 4 3", "BatchNormalization"
    more = "MaxPooling2D 2", "AveragePooling2D 2", "UpSampling2D 2", "Resizing 9 9", "Dense 4"
    failed = sum(fails(name, *map(int, numbers)) for name, *numbers in map(str.split, kinds + more))
    return float(failed + fails("Lambda", tf.nn.local_response_normalization)), float(failed)
