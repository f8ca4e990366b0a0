"""Activations of Keras, all of them, and layers of plain networks: attention along channels, heads, orders, pools."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from keras.src.activations import ALL_OBJECTS_DICT
from keras_reading import agrees, held, named, scramble

import diptych
from diptych.common.errors import DiptychError
from diptych.common.importing.keras.activations import PLAIN, SHARES
from diptych.common.importing.keras.composed import COMPOSED

BOTH = ("torch", "tf")
UNREAD = {"sparsemax", "threshold", "linear"}
"""Functions of Keras that sort, that need a number before they are an activation, and that do nothing."""


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = keras.config.floatx()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


def model_of(make: Callable[[Any], Any], size: tuple[int, int] = (9, 7), channels: int = 4) -> keras.Model:
    """A convolution and what is made of it."""
    image = keras.Input((*size, 3))
    model = keras.Model(image, make(layers.Conv2D(channels, 3, padding="same", name="conv")(image)))
    scramble(model)
    return model


def test_every_activation_of_keras_is_known() -> None:
    assert {*PLAIN, *SHARES, *COMPOSED} == set(ALL_OBJECTS_DICT) - UNREAD


@pytest.mark.parametrize("name", sorted({*SHARES, *COMPOSED, "exponential", "hard_tanh", "softsign"}))
def test_an_activation_is_read_in_both_frameworks(name: str) -> None:
    agrees(diptych.read(model := model_of(layers.Activation(name))), model, BOTH)
    inside = model_of(layers.Conv2D(4, 3, activation=name))
    agrees(diptych.read(inside), inside)


def test_a_function_of_tensorflow_is_read_in_memory(tmp_path: Path) -> None:
    """A file has only what TensorFlow calls it, which may be anybody's, and Keras itself does not read it again."""
    steps = [layers.Activation(tf.nn.silu), layers.Conv2D(3, 3, activation=tf.nn.log_softmax, name="inside")]
    model = model_of(lambda x: layers.Activation(tf.nn.softmax)(keras.Sequential(steps)(x)))
    agrees(diptych.read(model), model)
    model.save(tmp_path / "model.keras")
    with pytest.raises(DiptychError, match=r"of its own, 'swish' \(once, first in sequential/"):
        diptych.read(tmp_path / "model.keras")


@pytest.mark.parametrize("threshold", [0.0, 0.3, -0.4])
@pytest.mark.parametrize("slope", [0.0, 0.2])
@pytest.mark.parametrize("most", [None, 0.7, 6.0])
def test_a_rectifier_is_read(threshold: float, slope: float, most: float | None) -> None:
    given = {"max_value": most, "negative_slope": slope, "threshold": threshold}
    found = [partial(keras.activations.relu, **given), *([layers.ReLU(**given)] if threshold >= 0 else [])]
    for make in found:  # a layer takes no threshold below zero
        agrees(diptych.read(model := model_of(make)), model)


BETWEEN: dict[str, Callable[[Any], Any]] = {
    "hard shrink": lambda x: ops.hard_shrink(x, 0.3) + keras.activations.hard_shrink(x),
    "soft shrink": lambda x: ops.soft_shrink(x, 0.3) + keras.activations.soft_shrink(x),
    "threshold": lambda x: ops.threshold(x, 0.2, -0.7),
    "celu": lambda x: ops.celu(x, 0.7) + ops.celu(x),
    "glu": lambda x: ops.glu(x),
    "square plus": lambda x: ops.squareplus(x, 0.3) + ops.squareplus(x),
    "log softmax": lambda x: ops.log_softmax(x) + ops.log_softmax(ops.softmax(x), axis=-1),
    "without numbers": lambda x: ops.sparse_plus(x) + ops.sparse_sigmoid(x) * ops.tanh_shrink(x) - ops.log_sigmoid(x),
    "one by one": lambda x: ops.exp(-ops.abs(x)) + ops.softsign(x) * ops.hard_tanh(x),
    "roots": lambda x: ops.sqrt(ops.sigmoid(x)) + ops.rsqrt(ops.softplus(x)) + ops.reciprocal(ops.exp(x)),
    "powers": lambda x: x**2 + ops.power(ops.sigmoid(x), 0.3) + 2.0 / (1.0 + ops.square(x)),
    "quotient": lambda x: ops.tanh(x) / (1.0 + ops.sigmoid(x)),
    "share of the sum": lambda x: ops.exp(x) / ops.sum(ops.exp(x), axis=-1, keepdims=True),
}


@pytest.mark.parametrize("name", BETWEEN)
def test_a_function_between_layers_is_read(name: str, tmp_path: Path) -> None:
    model = model_of(BETWEEN[name])
    model.save(tmp_path / "model.keras")
    agrees(diptych.read(model), model, BOTH)
    agrees(diptych.read(tmp_path / "model.keras"), model)


def eca(x: Any, how: str) -> Any:
    """Efficient channel attention, as people write it in Keras."""
    channels, y = x.shape[-1], layers.GlobalAveragePooling2D(keepdims="kept" in how)(x)
    if how == "turned":
        y = layers.Permute((2, 1))(layers.Reshape((1, channels))(y))
    elif how == "expanded":
        y = ops.expand_dims(y, -1)
    else:
        y = layers.Reshape((channels, 1))(y)
    inside = {"activation": "sigmoid"} if how == "kept, inside" else {}
    y = layers.Conv1D(1, 3, padding="same", use_bias=how == "expanded", name="along", **inside)(y)
    y = y if inside else layers.Activation("sigmoid")(y)
    y = ops.expand_dims(ops.squeeze(y, -1), (1, 2)) if how == "expanded" else layers.Reshape((1, 1, channels))(y)
    return layers.Multiply()([x, y])


@pytest.mark.parametrize("how", ["plain", "turned", "expanded", "kept, inside"])
def test_attention_along_channels_is_read(how: str, tmp_path: Path) -> None:
    image = keras.Input((None, None, 3))
    model = keras.Model(image, eca(layers.Conv2D(8, 3, name="conv")(image), how))
    result = held(model, tmp_path, sizes=((12, 10),), frameworks=BOTH, suffixes=(".keras",))
    assert named(result)["along.weight"] == (1, 1, 3)
    assert "channel_conv" in {node.op.kind for node in result.net.nodes}


ALONG: dict[str, tuple[dict[str, Any], str]] = {
    "several": ({"filters": 2}, "filters"),
    "even": ({"kernel_size": 4}, "padding"),
    "steps": ({"strides": 2}, "strides"),
}


@pytest.mark.parametrize("name", ALONG)
def test_another_convolution_of_a_row_is_refused(name: str) -> None:
    given, said = ALONG[name]
    row = layers.Conv1D(**{"filters": 1, "kernel_size": 3, "padding": "same", **given})
    model = model_of(lambda x: row(layers.Reshape((4, 1))(layers.GlobalAveragePooling2D()(x))))
    with pytest.raises(DiptychError, match=f"Conv1D: .*{said}"):
        diptych.read(model)


def embedded(x: Any) -> Any:
    return layers.Dense(5)(layers.GlobalAveragePooling2D()(x))


def compared(x: Any, **options: Any) -> Any:
    """The two halves of an image with each other, by one trunk."""
    trunk = keras.Sequential([layers.Conv2D(5, 3), layers.GlobalMaxPooling2D()], name="trunk")
    return layers.Dot(**options)([trunk(x[:, :5]), trunk(x[:, 4:])])


HEADS: dict[str, Callable[[Any], Any]] = {
    "unit": lambda x: layers.UnitNormalization()(embedded(x)),
    "unit map": lambda x: layers.UnitNormalization(axis=3)(x),
    "normalized": lambda x: ops.normalize(embedded(x)) + ops.normalize(embedded(x), axis=1, epsilon=9.0),
    "flattened": lambda x: layers.Dense(3)(layers.UnitNormalization()(layers.Flatten()(x))),
    "dot": lambda x: compared(x, axes=1),
    "cosine": lambda x: compared(x, axes=(1, -1), normalize=True),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_is_read(name: str, tmp_path: Path) -> None:
    model = model_of(HEADS[name])
    model.save(tmp_path / "model.keras")
    agrees(diptych.read(model), model, BOTH)
    assert diptych.read(tmp_path / "model.keras").net == diptych.read(model).net


@pytest.mark.parametrize("order", [(3, 1, 2), (1, 3, 2), (2, 1, 3), (2, 3, 1), (3, 2, 1)])
def test_a_map_flattened_in_another_order_is_read(order: tuple[int, int, int]) -> None:
    """As code that was ported from PyTorch does it before its first linear layer."""
    steps = [layers.Permute(order), layers.Flatten(), layers.Dropout(0.5), layers.Dense(6, activation="relu")]
    model = model_of(lambda x: layers.Dense(2)(keras.Sequential(steps)(x)))
    agrees(diptych.read(model), model, BOTH)


@pytest.mark.parametrize("order", [(2, 1, 3), (2, 3, 1), (3, 1, 2)])
def test_a_layer_of_a_map_in_another_order_is_refused(order: tuple[int, int, int]) -> None:
    with pytest.raises(DiptychError, match=r"Conv2D: .*(exchanged|mixes|come last)"):
        diptych.read(model_of(lambda x: layers.Conv2D(3, 3)(layers.Permute(order)(x)), (4, 4)))


def flat(x: Any, order: tuple[int, int, int] = (1, 2, 3)) -> Any:
    """A map of a convolution as a vector."""
    return layers.Flatten()(layers.Permute(order)(layers.Conv2D(3, 3, padding="same")(x)))


VECTORS: dict[str, Callable[[Any], Any]] = {
    "normalised": lambda x: layers.Dense(3)(layers.BatchNormalization()(flat(x))),
    "layer norm": lambda x: layers.LayerNormalization()(flat(x)),
    "slopes": lambda x: layers.Dense(3)(layers.PReLU()(flat(x))),
    "two": lambda x: layers.Dense(3)(layers.Concatenate()([flat(x), layers.GlobalMaxPooling2D()(x), flat(x)])),
    "two orders": lambda x: layers.Add()([flat(x, (3, 1, 2)), flat(x)]),
    "shares": lambda x: layers.Softmax()(flat(x, (3, 2, 1))),
    "dot": lambda x: layers.Dot(1, normalize=True)([flat(x), flat(x)]),
    "both uses": lambda x: layers.Concatenate()([layers.Dense(3)(y := flat(x)), layers.Dense(3)(layers.Softmax()(y))]),
}


@pytest.mark.parametrize("name", VECTORS)
def test_a_flattened_map_is_a_vector_like_any_other(name: str, tmp_path: Path) -> None:
    model = model_of(VECTORS[name])
    model.save(tmp_path / "model.keras")
    agrees(diptych.read(model), model, BOTH)
    assert diptych.read(tmp_path / "model.keras").net == diptych.read(model).net


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("window", [2, 3, (3, 2)])
def test_means_of_windows_count_no_zeros(window: Any, stride: int, tmp_path: Path) -> None:
    image = keras.Input((None, None, 3))
    model = keras.Model(image, layers.AveragePooling2D(window, stride, padding="same")(layers.Conv2D(4, 1)(image)))
    held(model, tmp_path, sizes=((9, 7), (8, 10)), frameworks=BOTH, suffixes=())


OTHERS: dict[str, Callable[[Any], Any]] = {
    "given size": lambda x: layers.AdaptiveMaxPooling2D(2)(layers.AdaptiveAveragePooling2D((3, 5))(x)),
    "squares": lambda x: ops.depth_to_space(ops.space_to_depth(ops.depth_to_space(x, 2), 2), 2),
    "shares of places": lambda x: layers.Softmax(axis=[1, 2])(x),
    "whole map": lambda x: layers.LayerNormalization(axis=[1, 2, 3])(x),
}


@pytest.mark.parametrize("name", OTHERS)
def test_another_layer_is_read(name: str, tmp_path: Path) -> None:
    model = model_of(OTHERS[name])
    model.save(tmp_path / "model.keras")
    agrees(diptych.read(model), model, BOTH)
    assert diptych.read(tmp_path / "model.keras").net == diptych.read(model).net


def test_a_rounding_in_between_is_said() -> None:
    model = model_of(lambda x: layers.Conv2D(2, 3)(ops.cast(x, "float32")))
    assert diptych.read(model).notes == ("it computes in float32; here it is in full precision",)
    assert not diptych.read(model_of(layers.Conv2D(2, 3))).notes


def test_channels_first_are_refused_at_once(tmp_path: Path) -> None:
    image = keras.Input((3, 12, 10))
    inner = keras.Sequential([layers.Conv2D(4, 3, data_format="channels_first"), layers.BatchNormalization(axis=1)])
    model = keras.Model(image, layers.MaxPooling2D(data_format="channels_first")(inner(image)))
    model.save(tmp_path / "model.keras")
    for source in (model, tmp_path / "model.keras"):
        with pytest.raises(DiptychError, match=r"has channels first in 2 of its layers \(first in conv2d\)"):
            diptych.read(source)


def test_weights_fit_a_model_with_channels_last() -> None:
    """As the refusal of channels first says; TensorFlow runs no convolution of them here."""
    found = []
    for form, axis in (("channels_first", 1), ("channels_last", -1)):
        own = [layers.BatchNormalization(axis=axis), layers.Flatten(data_format=form), layers.Dense(3)]
        found.append(keras.Sequential([keras.Input((3, 6, 5) if axis == 1 else (6, 5, 3)), *own]))
    scramble(found[0])
    found[1].set_weights(found[0].get_weights())
    images = np.random.default_rng(0).standard_normal((2, 3, 6, 5))
    answers = [np.asarray(model(x)) for model, x in zip(found, (images, images.transpose(0, 2, 3, 1)), strict=True)]
    assert np.abs(answers[0] - answers[1]).max() < 1e-12
