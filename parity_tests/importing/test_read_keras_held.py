"""Keras layers that have weights of their own: what their code does with them says what they are."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from keras_reading import agrees

import diptych
from diptych.common.errors import DiptychError
from diptych.common.ops.parameter import Parameter

SIZE = (6, 5, 3)


@pytest.fixture(autouse=True)
def wide() -> Iterator[None]:
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


class Own(layers.Layer):  # type: ignore[misc]
    """A layer with weights of these shapes, and what it does with them."""

    def __init__(self, does: Callable[..., Any], *shapes: tuple[int, ...], trainable: bool = True) -> None:
        super().__init__()
        self.does, self.shapes, self.trained = does, shapes, trainable

    def build(self, shape: Any) -> None:
        for place, size in enumerate(self.shapes):
            drawn = keras.initializers.RandomNormal(0.5, 0.3, seed=place)
            setattr(self, f"w{place}", self.add_weight(shape=size, initializer=drawn, trainable=self.trained))

    def call(self, x: Any) -> Any:
        return self.does(x, *(getattr(self, f"w{place}") for place in range(len(self.shapes))))


def around(layer: layers.Layer, vector: bool = False) -> keras.Model:
    """A model with the layer between two others."""
    x = image = keras.Input(SIZE)
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x) if vector else x
    x = layers.Activation("tanh")(layer(x))
    return keras.Model(image, x if len(x.shape) == 2 else layers.GlobalAveragePooling2D()(x))


MAPS: dict[str, layers.Layer | Callable[[], layers.Layer]] = {
    "for each channel": lambda: Own(lambda x, g, b: g * x + b, (4,), (4,)),
    "subtracted": lambda: Own(lambda x, b: x - b, (4,)),
    "divided by": lambda: Own(lambda x, g: x / g, (4,)),
    "with axes of length 1": lambda: Own(lambda x, g: x * g, (1, 1, 1, 4)),
    "reshaped": lambda: Own(lambda x, g: x * ops.reshape(g, (1, 1, 1, -1)), (4,)),
    "for each place": lambda: Own(lambda x, b: x + b, (6, 5, 1)),
    "for each number": lambda: Own(lambda x, b: x + b, (1, 6, 5, 4)),
    "one number": lambda: Own(lambda x, g: x * g, ()),
    "a matrix over channels": lambda: Own(lambda x, w, b: ops.matmul(x, w) + b, (4, 3), (3,)),
    "a kernel": lambda: Own(lambda x, w: ops.conv(x, w, strides=2, padding="same"), (3, 3, 4, 6)),
    "a kernel for each channel": lambda: Own(lambda x, w: ops.depthwise_conv(x, w, padding="same"), (3, 3, 4, 2)),
    "not trained": lambda: Own(lambda x, m: x - m, (4,), trainable=False),
}
VECTORS = {
    "for each feature": lambda: Own(lambda x, g, b: x * g + b, (4,), (4,)),
    "a matrix": lambda: Own(lambda x, w: x @ w, (4, 3)),
}


@pytest.mark.parametrize("make", MAPS.values(), ids=MAPS)
def test_what_a_map_meets(make: Callable[[], layers.Layer]) -> None:
    model = around(make())
    agrees(diptych.read(model), model)


@pytest.mark.parametrize("make", VECTORS.values(), ids=VECTORS)
def test_what_a_vector_meets(make: Callable[[], layers.Layer]) -> None:
    model = around(make(), vector=True)
    agrees(diptych.read(model), model)


def test_a_layer_that_is_called_twice_has_its_weights_once() -> None:
    layer = Own(lambda x, g: x * g, (4,))
    image = keras.Input(SIZE)
    x = layers.Conv2D(4, 3, padding="same")(image)
    model = keras.Model(image, layers.GlobalAveragePooling2D()(layer(ops.tanh(layer(x)))))
    result = diptych.read(model)
    agrees(result, model)
    assert len(result.weights) == 3


def test_the_layer_has_its_weights_afterwards() -> None:
    layer = Own(lambda x, g: x * g, (4,))
    model = around(layer)
    net = diptych.read(model).net
    assert sum(isinstance(node.op, Parameter) for node in net.nodes) == 1
    assert isinstance(layer.w0, keras.Variable)
    assert len(layer.weights) == 1


def test_what_is_no_parameter_is_refused_by_its_place() -> None:
    with pytest.raises(DiptychError, match="of what is no value of the image"):
        diptych.read(around(Own(lambda x, g: x * ops.tanh(g), (4,))))


def test_a_file_is_not_taken_at_the_word_for_a_weight(tmp_path: Path) -> None:
    """The class stands for a weight in memory alone; in a file it is anybody's."""
    around(layers.ReLU(name="norm")).save(tmp_path / "a.keras")
    with zipfile.ZipFile(tmp_path / "a.keras") as old, zipfile.ZipFile(tmp_path / "b.keras", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                for entry in config["config"]["layers"]:
                    if entry["name"] == "norm":
                        entry |= {"class_name": "HeldWeight", "module": None, "registered_name": "HeldWeight"}
                data = json.dumps(config).encode()
            new.writestr(name, data)
    with pytest.raises(DiptychError, match="HeldWeight"):
        diptych.read(tmp_path / "b.keras")


def test_such_a_model_is_converted(tmp_path: Path) -> None:
    done = diptych.convert(around(Own(lambda x, g, b: g * x + b, (4,), (4,))), tmp_path / "a.pth")
    assert done.matched == 4
    assert np.isfinite(done.seconds)
