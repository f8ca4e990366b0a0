"""Keras models with layers that somebody wrote: what their code does is read as the layers and functions in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras_reading import agrees, scramble

import diptych
from diptych.common.errors import DiptychError
from diptych.tf_impl.given import Given

SIZE = (12, 10, 3)


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


class Unit(layers.Layer):  # type: ignore[misc]
    """A residual unit whose layers are named by nobody."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.convs = [layers.Conv2D(width, 3, padding="same", use_bias=False) for _ in range(2)]
        self.norms = {"first": layers.BatchNormalization(), "second": layers.BatchNormalization()}

    def call(self, x: Any, training: bool | None = None) -> Any:
        y = self.norms["first"](self.convs[0](x), training=training)
        y = self.norms["second"](self.convs[1](ops.relu(y)), training=training)
        return ops.relu(x + y)


class Whole(keras.Model):  # type: ignore[misc]
    """Two units in a chain, one of which is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = keras.Sequential([layers.ZeroPadding2D(1), layers.Conv2D(4, 3, strides=2)])
        self.units = keras.Sequential([Unit(4), Unit(4)])
        self.shared = Unit(4)
        self.head = layers.Dense(5)

    def call(self, x: Any) -> Any:
        x = self.shared(self.shared(self.units(self.stem(x))))
        return self.head(ops.mean(x, (1, 2)))


def whole() -> keras.Model:
    model = Whole()
    model(np.zeros((1, *SIZE)))
    return model


def wrapped() -> keras.Model:
    image = keras.Input(SIZE)
    x = layers.Lambda(lambda v: v / 127.5 - 1, name="scaled")(image)
    x = keras.Sequential([layers.Conv2D(4, 3), Unit(4)], name="inside")(x)
    return keras.Model(image, layers.GlobalAveragePooling2D()(Unit(4)(x)))


@pytest.mark.parametrize("make", [whole, wrapped])
def test_what_code_computes_is_read(make: Any) -> None:
    model = make()
    scramble(model)
    names = [layer.name for layer in model._flatten_layers()]
    example = np.zeros((1, *SIZE), np.float32)
    agrees(diptych.read(model, example), model, ("torch", "tf"))
    assert [layer.name for layer in model._flatten_layers()] == names
    assert set(Given(model).seen(np.zeros((2, 3, 12, 10)), training=False)) >= {"units.1.convs.0"} or make is wrapped


def test_layers_are_named_by_the_way_to_them() -> None:
    net, weights = diptych.read(whole(), np.zeros((1, *SIZE), np.float32))
    paths = [node.path for node in net.nodes]
    assert {"units.0.convs.1", "units.1.norms.first", "shared.convs.0", "head"} <= set(paths)
    assert {"units.0.convs.1.weight", "head.bias"} <= set(weights)


def test_a_layer_with_weights_in_a_list_is_refused_by_its_class() -> None:
    class Scaled(layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.gammas = [self.add_weight(shape=(shape[-1],), name="gamma")]

        def call(self, x: Any) -> Any:
            return x * self.gammas[0]

    image = keras.Input(SIZE)
    with pytest.raises(DiptychError, match=r"Scaled: a class of test_read_keras_inlined \(once, first in scaled\)"):
        diptych.read(keras.Model(image, Scaled()(image)))
