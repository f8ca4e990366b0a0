"""Files of Keras 2: graphs as lists, other words, functions of TensorFlow between layers. Written by hand here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from keras import layers
from keras_reading import agrees, scramble

import diptych
from diptych.common.errors import DiptychError


@pytest.fixture(autouse=True)
def double() -> Iterator[None]:
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


NUMBERS = {"inner": 1}
"""The first call of a model that begins with an input layer: the making of it was one."""


def entry(kind: str, name: str, inbound: list[Any], **config: Any) -> dict[str, Any]:
    """A layer as Keras 2 writes it."""
    own = {"name": name, "trainable": True, "dtype": "float64", **config}
    return {"class_name": kind, "name": name, "config": own, "inbound_nodes": inbound}


def node(*names: str, **more: Any) -> list[Any]:
    return [[name, NUMBERS.get(name, 0), 0, more if not place else {}] for place, name in enumerate(names)]


def conv(name: str, inbound: list[Any], **more: Any) -> dict[str, Any]:
    given = {
        "filters": 4, "kernel_size": [3, 3], "strides": [1, 1], "padding": "same", "data_format": "channels_last",
        "dilation_rate": [1, 1], "groups": 1, "activation": "linear", "use_bias": True, **more,
    }  # fmt: skip
    return entry("Conv2D", name, inbound, **given)


def norm(name: str, inbound: list[Any]) -> dict[str, Any]:
    given = {"axis": [3], "momentum": 0.99, "epsilon": 1e-3, "center": True, "scale": True}
    return entry("BatchNormalization", name, inbound, **given)


def image(name: str) -> dict[str, Any]:
    return {"class_name": "InputLayer", "name": name, "inbound_nodes": [],
            "config": {"batch_input_shape": [None, None, None, 3], "dtype": "float64", "name": name}}  # fmt: skip


def old(activation: str = "swish") -> dict[str, Any]:
    inner = {
        "name": "inner", "input_layers": [["input_2", 0, 0]], "output_layers": [["inner_norm", 0, 0]],
        "layers": [image("input_2"), conv("inner_conv", [node("input_2")]), norm("inner_norm", [node("inner_conv")])],
    }  # fmt: skip
    given = [
        image("input_1"),
        {
            "class_name": "Functional",
            "name": "inner",
            "config": inner,
            "inbound_nodes": [node("input_1", training=False)],
        },
        entry("TFOpLambda", "plus", [node("inner", y=3.0, name=None)[0]], function="__operators__.add"),
        entry("ReLU", "gate", [node("plus")], max_value=6.0, negative_slope=0.0, threshold=0.0),
        entry("TFOpLambda", "times", node("inner", y=["gate", 0, 0], name=None), function="math.multiply"),
        entry("LeakyReLU", "leaky", [node("times")], alpha=0.25),
        conv("conv", [node("leaky")], activation=activation),
        entry("Add", "sum", [node("conv", "inner")]),
        entry("GlobalAveragePooling2D", "pool", [node("sum")], data_format="channels_last", keepdims=False),
        entry("Dense", "classes", [node("pool")], units=3, activation="linear", use_bias=True),
    ]  # fmt: skip
    config = {"name": "old", "layers": given, "input_layers": [["input_1", 0, 0]],
              "output_layers": [["classes", 0, 0]]}  # fmt: skip
    return {"class_name": "Functional", "config": config, "keras_version": "2.15.0", "backend": "tensorflow"}


def same(after: Callable[[Any], Any] = keras.activations.swish) -> keras.Model:
    """The same network in Keras 3."""
    inside = keras.Sequential(
        [layers.Conv2D(4, 3, padding="same", name="inner_conv"), layers.BatchNormalization(name="inner_norm")]
    )
    given = keras.Input((None, None, 3))
    y = inside(given)
    x = layers.LeakyReLU(0.25)(y * keras.ops.relu6(y + 3.0))
    x = after(layers.Conv2D(4, 3, padding="same", name="conv")(x))
    x = layers.GlobalAveragePooling2D()(layers.Add()([x, y]))
    model = keras.Model(given, layers.Dense(3, name="classes")(x))
    scramble(model)
    return model


def written(path: Path, config: dict[str, Any], model: keras.Model) -> Path:
    """A file as Keras 2 wrote it, with the weights of a model of Keras 3."""
    owners = {"inner": ["inner_conv", "inner_norm"], "conv": ["conv"], "classes": ["classes"]}
    found = {layer.name: layer for layer in model._flatten_layers()}
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"], file.attrs["backend"] = b"2.15.0", b"tensorflow"
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [item["name"].encode() for item in config["config"]["layers"]]
        for item in config["config"]["layers"]:
            group = root.create_group(item["name"])
            pairs = [(f"{name}/{v.name}:0", v) for name in owners.get(item["name"], []) for v in found[name].weights]
            group.attrs["weight_names"] = [name.encode() for name, _ in pairs]
            for name, variable in pairs:
                group[name] = np.asarray(variable)
    return path


@pytest.mark.parametrize("size", [(24, 20), (33, 26)])
def test_a_file_of_keras_2_is_read(size: tuple[int, int], tmp_path: Path) -> None:
    model = same()
    file = written(tmp_path / "old.h5", old(), model)
    result = diptych.read(file, np.zeros((1, *size, 3)))
    assert result.net.input_shape == (3, *size)
    assert set(result.weights) >= {"inner.inner_conv.weight", "conv.bias", "classes.weight"}
    agrees(result, model)


def test_a_first_call_may_be_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a chain without an input layer is written, which is called when it is made."""
    monkeypatch.setitem(NUMBERS, "inner", 0)
    model = same()
    agrees(diptych.read(written(tmp_path / "old.h5", old(), model), np.zeros((1, 24, 20, 3))), model)


def test_a_preprocessing_of_keras_2_is_read(tmp_path: Path) -> None:
    """`preprocess_input` of VGG and ResNet: BGR, less a mean."""
    backwards = ["...", {"start": None, "stop": None, "step": -1}]
    backwards[0] = {"class_name": "__ellipsis__", "config": {}}
    means = [-103.939, -116.779, -123.68]
    given = [
        image("input_1"),
        entry("SlicingOpLambda", "turned", [["input_1", 0, 0, {"slice_spec": {"class_name": "__tuple__",
              "items": backwards}}]], function="__operators__.getitem"),
        entry("TFOpLambda", "less", [["turned", 0, 0, {"bias": means, "data_format": "NHWC", "name": "bias"}]],
              function="nn.bias_add"),
        conv("conv", [node("less")]),
    ]  # fmt: skip
    inner = {"name": "old", "layers": given, "input_layers": [["input_1", 0, 0]], "output_layers": [["conv", 0, 0]]}
    pixels = keras.Input((24, 20, 3))
    model = keras.Model(pixels, layers.Conv2D(4, 3, padding="same", name="conv")(pixels[..., ::-1] + np.array(means)))
    scramble(model)
    file = written(tmp_path / "old.h5", {"class_name": "Functional", "config": inner}, model)
    agrees(diptych.read(file, np.zeros((1, 24, 20, 3))), model)


def test_what_was_another_function_is_read_as_that(tmp_path: Path) -> None:
    model = same(lambda x: keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0))
    agrees(diptych.read(written(tmp_path / "old.h5", old("hard_sigmoid"), model), np.zeros((1, 24, 20, 3))), model)


def test_a_function_of_tensorflow_that_is_not_known_is_said(tmp_path: Path) -> None:
    config = old()
    config["config"]["layers"][2]["config"]["function"] = "math.erf"
    file = written(tmp_path / "old.h5", config, same())
    with pytest.raises(DiptychError, match=r"TFOpLambda: of math\.erf \(once, first in plus\)"):
        diptych.read(file)
