"""Write the ONNX files of small Keras models that the tests read: by Keras's own export, which calls tf2onnx.

    pip install --no-deps tf2onnx                     # into an environment of its own
    python -m benchmarks.tf2onnx_files                # all of them
    python -m benchmarks.tf2onnx_files mobile         # those of this name

They go to `parity_tests/importing/tf2onnx`, in float64, each with a file of random images, the model's answers and the
names of its layers.
"""

from __future__ import annotations

import argparse
import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers, ops

FOLDER = Path(__file__).parent.parent / "parity_tests" / "importing" / "tf2onnx"
SIZE = (18, 14)
"""Height and width of the images where a model takes any."""


def conv(channels: int, kernel: int = 3, stride: int = 1, name: str | None = None, **more: Any) -> Any:
    """A convolution with SAME."""
    return layers.Conv2D(channels, kernel, stride, padding="same", name=name, **more)


def norm(name: str | None = None) -> Any:
    """Batch normalisation."""
    return layers.BatchNormalization(name=name)


def mobile(x: Any) -> Any:
    """Convolutions with SAME, depthwise ones, norms of which some are folded, a head with softmax."""
    x = layers.ReLU(6.0)(norm("stem_bn")(conv(6, 3, 2, "stem", use_bias=False)(x)))
    y = layers.DepthwiseConv2D(3, 2, padding="same", use_bias=False, name="depth")(x)
    y = conv(6, 1, name="point")(layers.Activation("silu")(norm("depth_bn")(y)))
    x = layers.Add()([layers.MaxPooling2D(3, 2, padding="same")(x), y])
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(5, activation="softmax", name="head")(x)


def residual(x: Any) -> Any:
    """Pads of their own, as ResNet has them, and a norm after a sum."""
    x = layers.ZeroPadding2D(2)(x)
    x = layers.ReLU()(norm("bn1")(layers.Conv2D(4, 5, 2, name="conv1")(x)))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    x = layers.ReLU()(norm("bn2")(layers.Add()([x, conv(4, 3, name="conv2")(x)])))
    x = norm("bn3")(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(5, activation="softmax", name="head")(x)


def vgg(x: Any) -> Any:
    """A flattened map, whose order is another in PyTorch."""
    x = layers.MaxPooling2D()(conv(4, name="conv1", activation="relu")(x))
    x = layers.AveragePooling2D(3, 2, padding="same")(conv(4, name="conv2", activation="relu")(x))
    return layers.Dense(3, name="head")(layers.Dense(6, activation="relu", name="hidden")(layers.Flatten()(x)))


def gates(x: Any) -> Any:
    """Squeeze and excitation by convolutions and by dense layers, hard swish and hard sigmoid."""
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.Activation("hard_swish")(conv(4, 3, 2, "stem")(x))
    y = conv(3, 1, name="down", activation="relu")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply()([x, conv(4, 1, name="up", activation="hard_sigmoid")(y)])
    y = layers.Reshape((1, 1, 4))(layers.GlobalAveragePooling2D()(x))
    y = layers.Dense(4, activation="sigmoid", name="outer")(layers.Dense(3, activation="relu", name="inner")(y))
    return layers.Dense(5, name="head")(layers.GlobalMaxPooling2D()(layers.Multiply()([x, y])))


def unet(x: Any) -> Any:
    """Transposed convolutions, whose pads are more than PyTorch has, and nearest neighbours."""
    a = conv(3, name="down1", activation="relu")(x)
    b = conv(4, name="down2", activation="relu")(layers.MaxPooling2D()(a))
    c = layers.Conv2DTranspose(3, 3, 2, padding="same", name="up")(b)
    d = layers.UpSampling2D(2)(b)
    return conv(2, 1, name="mask", activation="softmax")(layers.Concatenate()([a, c, d]))


def convnext(x: Any) -> Any:
    """Layer norm of maps and of a vector, dense layers over channels, GELU."""
    x = layers.LayerNormalization(epsilon=1e-6, name="norm1")(layers.Conv2D(4, 4, 4, name="patches")(x))
    y = layers.DepthwiseConv2D(3, padding="same", name="depth")(x)
    y = layers.Dense(6, activation="gelu", name="wide")(layers.LayerNormalization(name="norm2")(y))
    x = layers.Add()([x, layers.Dense(4, name="narrow")(y)])
    x = layers.LayerNormalization(name="norm3")(layers.GlobalAveragePooling2D()(x))
    return layers.Dense(3, name="head")(x)


def groups(x: Any) -> Any:
    """Group norm and instance norm."""
    x = layers.ReLU()(layers.GroupNormalization(2, name="norm1")(conv(4, name="conv1")(x)))
    x = layers.GroupNormalization(-1, name="norm2")(conv(4, name="conv2")(x))
    return layers.Dense(3, name="head")(layers.GlobalAveragePooling2D()(layers.ReLU()(x)))


def slices(x: Any) -> Any:
    """Every second row and column: as a focus layer, and as a stride; channels in groups, dealt out."""
    x = layers.Concatenate()([x[:, ::2, ::2], x[:, 1::2, ::2], x[:, ::2, 1::2], x[:, 1::2, 1::2]])
    x = conv(4, name="conv1")(x)
    _, height, width, _ = x.shape
    x = layers.Permute((1, 2, 4, 3))(layers.Reshape((height, width, 2, 2))(x))
    x = layers.Reshape((height, width, 4))(x)
    one, other = ops.split(x, 2, axis=-1)
    return conv(2, 1, name="conv2")(layers.Concatenate()([other, one])[:, 1::3, ::2])


def attention(x: Any) -> Any:
    """Means and maxima over channels, two outputs, separable and dilated convolutions."""
    x = layers.SeparableConv2D(4, 3, padding="same", name="split")(x)
    y = layers.Concatenate()([ops.mean(x, -1, keepdims=True), ops.max(x, -1, keepdims=True)])
    x = x * conv(1, 7, name="gate", activation="sigmoid")(y)
    x = layers.LeakyReLU(0.25)(conv(4, name="wide", dilation_rate=2)(x))
    label = layers.Dense(3, name="label")(layers.GlobalAveragePooling2D()(x))
    return [layers.PReLU(shared_axes=(1, 2), name="slopes")(conv(2, 1, name="mask")(x)), label]


MODELS: dict[str, tuple[Callable[[Any], Any], tuple[int | None, int | None], int]] = {
    "mobile": (mobile, (None, None), 13),
    "residual": (residual, (17, 14), 14),
    "vgg": (vgg, (12, 8), 15),
    "gates": (gates, (None, None), 16),
    "unet": (unet, (16, 12), 17),
    "convnext": (convnext, (16, 12), 18),
    "groups": (groups, (12, 8), 13),
    "slices": (slices, (12, 8), 15),
    "attention": (attention, (12, 8), 18),
}
"""Name -> what makes its outputs of an image, the image's height and width, None for any, and the opset."""


def scramble(model: Any) -> None:
    """Give a model numbers that hide nothing."""
    random = np.random.default_rng(0)
    for weight in model.weights:
        values = random.standard_normal(weight.shape)
        if any(word in weight.path for word in ("variance", "gamma")):
            values = 1 + 0.2 * np.abs(values)
        elif len(weight.shape) > 1:
            values *= (2 / np.prod(weight.shape[:-1])) ** 0.5
        else:
            values = 0.2 * values + 0.05
        weight.assign(values.astype(np.float32))  # numbers that a zip file makes small


def write(name: str) -> None:
    """Write the files of a model."""
    make, size, opset = MODELS[name]
    image = keras.Input((*size, 3), name="image")
    model = keras.Model(image, make(image), name=name)
    scramble(model)
    shape = (2, *(own or usual for own, usual in zip(size, SIZE, strict=True)), 3)
    images = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    answers = model(images.astype(np.float64))
    found = [np.asarray(item) for item in (answers if isinstance(answers, list) else [answers])]
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(FOLDER / f"{name}.onnx", format="onnx", opset_version=opset, verbose=False)
    named = np.array([layer.name for layer in model.layers if layer.weights])
    np.savez_compressed(FOLDER / f"{name}.npz", *found, images=images, layers=named)


def main() -> None:
    """Write the files that are named, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    keras.config.set_floatx("float64")
    FOLDER.mkdir(exist_ok=True)
    for name in parser.parse_args().names or MODELS:
        write(name)
        print(name, (FOLDER / f"{name}.onnx").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
