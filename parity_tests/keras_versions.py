"""Files of another version of Keras, with what that Keras answers in float64; the committed ones were made by this.

    python -m pip install --no-deps --target /tmp/keras_3.0.5 keras==3.0.5     # and 3.3.3, 3.5.0
    python -m pip install --no-deps --target /tmp/tree dm-tree                 # which Keras 3.0 and 3.3 need
    python -m pip install --no-deps --target /tmp/keras_2.15 tf_keras==2.15.1
    PYTHONPATH=/tmp/keras_3.0.5:/tmp/tree python parity_tests/keras_versions.py keras FOLDER
    PYTHONPATH=/tmp/keras_2.15 python parity_tests/keras_versions.py tf_keras FOLDER

It imports no diptych. TensorFlow is that of the environment; where it lacks a name of its own that Keras 2.15 registers
a function with, an empty one stands in. The weights are of float32, as people save them; the answers are those of the
same model made in float64, to `images(...)`, which the test makes again.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SIZE = (16, 12)
K: Any = None
"""The Keras that is asked for."""


def images() -> Any:
    """A batch (N, H, W, C) of images."""
    return np.random.default_rng(3).standard_normal((2, *SIZE, 3))


def chain() -> Any:
    """A chain, as people begin."""
    layers = K.layers
    given = [
        layers.Rescaling(1 / 255, offset=-0.3), layers.Conv2D(4, 3, padding="same", activation="relu"),
        layers.MaxPooling2D(),
        layers.SeparableConv2D(6, 3, strides=2, padding="same", activation="swish"),
        layers.BatchNormalization(epsilon=1e-5), layers.LeakyReLU(0.1), layers.Flatten(), layers.Dropout(0.5),
        layers.Dense(5, activation="hard_sigmoid"), layers.Dense(3, activation="softmax"),
    ]  # fmt: skip
    return K.Sequential([K.Input((*SIZE, 3)), *given], name="chain")


def unstated() -> Any:
    """A chain without an input, whose shape the first images say."""
    layers = K.layers
    model = K.Sequential([layers.Conv2D(4, 3, activation="tanh"), layers.GlobalMaxPooling2D(), layers.Dense(3)])
    model.build((None, *SIZE, 3))
    return model


def backbone() -> Any:
    """A small network without a head, with a gate."""
    layers, image = K.layers, K.Input((None, None, 3))
    x = layers.Conv2D(4, 3, strides=2, padding="same", name="stem")(image)
    x = layers.BatchNormalization(name="stem_bn", scale=False)(x)
    x = layers.ReLU(6.0, name="stem_relu")(x)
    y = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, name="dw")(x)
    y = layers.Conv2D(4, 1, name="pw", activation="swish")(y)
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(y)
    gate = layers.Conv2D(4, 1, activation="sigmoid", name="gate")(gate)
    return K.Model(image, layers.Add(name="sum")([x, layers.Multiply(name="gated")([y, gate])]), name="backbone")


def transfer() -> Any:
    """Augmentation, scaling, a frozen network called as in evaluation, a head; compiled, as after training."""
    layers, image = K.layers, K.Input((*SIZE, 3))
    augment = K.Sequential([layers.RandomFlip("horizontal"), layers.RandomContrast(0.1)], name="augment")
    inner = backbone()
    inner.trainable = False
    x = inner(layers.Rescaling(1 / 127.5, offset=-1)(augment(image)), training=False)
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    model = K.Model(image, layers.Dense(3, activation="softmax", name="classes")(x), name="transfer")
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def unet() -> Any:
    """Two ways up: by nearest neighbours, and by a transposed convolution."""
    layers, image = K.layers, K.Input((None, None, 3), name="image")

    def block(x: Any, filters: int, name: str) -> Any:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
        return layers.Activation("relu", name=f"{name}_relu")(layers.BatchNormalization(name=f"{name}_bn")(x))

    first = block(image, 4, "down1")
    second = block(layers.MaxPooling2D(2)(first), 5, "down2")
    up = layers.UpSampling2D(2)(block(layers.MaxPooling2D(2)(second), 6, "bottom"))
    up = layers.Conv2DTranspose(4, 3, strides=2, padding="same", name="up1")(layers.Concatenate()([up, second]))
    return K.Model(
        image, layers.Conv2D(2, 1, activation="sigmoid", name="mask")(layers.Concatenate()([first, up])), name="unet"
    )


def shared() -> Any:
    """A layer and a network that are called twice each, with sums and products of numbers between."""
    layers, image = K.layers, K.Input((*SIZE, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    trunk = K.Sequential([layers.Conv2D(4, 3, activation="relu"), layers.BatchNormalization()], name="trunk")
    x = conv(conv(image) * 0.7 + 0.1)
    x = layers.Average()([trunk(x), trunk(1.0 - x / 3.0)])
    head = layers.Dense(2, name="head")
    return K.Model(
        image, [head(layers.GlobalAveragePooling2D()(x)), head(layers.GlobalMaxPooling2D()(x))], name="shared"
    )


def parts() -> Any:
    """Parts of values and functions between layers: what a config says in its own way."""
    ops = getattr(K, "ops", None)
    layers, image = K.layers, K.Input((*SIZE, 3))
    x = layers.Conv2D(4, 3, name="conv")(image[:, :, :, ::-1])
    if ops is not None:
        x = ops.concatenate([ops.relu(x), ops.sigmoid(x[:, :, :, :2])], axis=-1)
        x = x + ops.mean(x, axis=(1, 2), keepdims=True)
    else:
        tf: Any = importlib.import_module("tensorflow")
        x = tf.concat([tf.nn.relu(x), tf.sigmoid(x[:, :, :, :2])], axis=-1)
        x = x + tf.reduce_mean(x, axis=(1, 2), keepdims=True)
    return K.Model(image, {"maps": x[:, 1:-2, 3:], "numbers": layers.GlobalAveragePooling2D()(x)}, name="parts")


def norms() -> Any:
    """Normalisations, borders and joints; numbers of float32, for Keras 2 writes those down rounded."""
    layers, image = K.layers, K.Input((*SIZE, 3))
    x = layers.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 0.6, 1.7])(image)
    x = layers.Conv2D(6, 3, padding="same", groups=3, name="conv")(x)
    x = layers.PReLU(shared_axes=[1, 2], name="prelu")(layers.GroupNormalization(3, name="groups")(x))
    y = layers.AveragePooling2D(3, 2, padding="same")(layers.LayerNormalization(name="norm")(x))
    x = layers.Subtract()([y, layers.MaxPooling2D(3, 2, padding="same")(x)])
    x = layers.Maximum()([layers.ELU(0.25)(x), layers.Minimum()([x, y])])
    x = layers.UnitNormalization()(layers.Cropping2D(((1, 0), (2, 1)))(layers.UpSampling2D((2, 3))(x)))
    x = layers.ReLU(0.5, 0.25, 0.125)(layers.Permute((3, 1, 2))(x))
    return K.Model(image, layers.Dense(3, activation="softplus", name="dense")(layers.Flatten()(x)), name="norms")


def adapted() -> Any:
    """Statistics that were measured."""
    layer = K.layers.Normalization(name="measured")
    layer.adapt(np.random.default_rng(1).random((4, *SIZE, 3)) * [1.0, 9.0, 25.0])
    return K.Sequential([K.Input((*SIZE, 3)), layer, K.layers.Conv2D(2, 3, activation="exponential", name="conv")])


MODELS: dict[str, Callable[[], Any]] = {
    make.__name__: make for make in (chain, unstated, transfer, unet, shared, parts, norms, adapted)
}


def scramble(model: Any) -> None:
    """Numbers that hide nothing: no scale of 1, no offset or mean of 0."""
    random = np.random.default_rng(0)
    found = []
    for variable in model.weights:
        shape, name = tuple(variable.shape), getattr(variable, "path", variable.name)
        noise = random.standard_normal(shape)
        if any(word in name for word in ("gamma", "variance")):
            found.append(1 + 0.2 * np.abs(noise))
        elif "float" in str(variable.dtype):
            found.append(noise * np.sqrt(2 / np.prod(shape[:-1])) if len(shape) > 1 else 0.2 * noise + 0.05)
        else:
            found.append(np.zeros(shape))
    model.set_weights(found)


def answers(make: Callable[[], Any], model: Any) -> list[Any]:
    """What the same model answers in float64: maps as (N, C, H, W)."""
    K.backend.clear_session()
    K.backend.set_floatx("float64")
    double = make()
    double.set_weights(model.get_weights())
    for layer in double.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    answer = double(images(), training=False)
    K.backend.set_floatx("float32")
    found = list(answer.values()) if isinstance(answer, dict) else answer
    arrays = map(np.asarray, found if isinstance(found, (list, tuple)) else [found])
    return [array.transpose(0, 3, 1, 2) if array.ndim == 4 else array for array in arrays]


def main(package: str, folder: Path, names: list[str]) -> None:
    """Write the files and the answers of a version of Keras into a folder of its name."""
    global K
    if package == "tf_keras":
        internal = importlib.import_module("tensorflow").compat.v2.__internal__
        if not hasattr(internal, "register_load_context_function"):
            internal.register_load_context_function = lambda _: None
    K = importlib.import_module(package)
    target = folder / K.__version__
    target.mkdir(parents=True, exist_ok=True)
    for name in names or list(MODELS):
        K.backend.clear_session()
        model = MODELS[name]()
        scramble(model)
        for suffix in (".keras", ".h5"):
            try:
                model.save(target / f"{name}{suffix}")
            except Exception as error:  # noqa: BLE001 - what a version cannot write is not read of it
                (target / f"{name}{suffix}").unlink(missing_ok=True)
                sys.stderr.write(
                    f"Keras {K.__version__} writes no {name}{suffix}: {type(error).__name__}: {error!s:.100}\n"
                )
        np.savez_compressed(target / f"{name}.npz", *answers(MODELS[name], model))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
