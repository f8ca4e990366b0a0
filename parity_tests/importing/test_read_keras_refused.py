"""What is no network here is refused with everything that stands in the way, and no file runs or swells anything."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
import their_keras_models as models
from keras import layers
from keras_reading import agrees, scramble

import diptych
from diptych.common.errors import DiptychError

SIZE = (12, 10, 3)


@keras.saving.register_keras_serializable("mine")
class ReLU(layers.Layer):  # type: ignore[misc]
    """A layer with the name of one of Keras's own."""

    def call(self, x: Any) -> Any:
        return x * 2


class Conv2D(layers.Conv2D):  # type: ignore[misc]
    """The same, not registered."""

    def call(self, x: Any) -> Any:
        return super().call(x) * 2


def relu(x: Any) -> Any:
    """A function with the name of one of Keras's own."""
    return x * 5


def strange() -> keras.Model:
    image = keras.Input(SIZE)
    x = layers.Lambda(lambda v: v * 2, name="double")(image)
    x = layers.Masking()(ReLU()(x))
    x = layers.Conv2D(3, 3, name="first")(keras.ops.sin(x))
    x = layers.Conv2D(3, 3, name="second", activation="sparsemax")(x)
    return keras.Model(image, layers.Masking()(x))


STRANGE = (
    "Lambda: code of its own (once, first in double)", "Masking (2 times", "ReLU: a class of", "Sin (once",
    "'sparsemax' (once, first in second)",
)  # fmt: skip


def test_everything_that_is_not_known_is_said(tmp_path: Path) -> None:
    model = strange()
    for source in (model, tmp_path / "model.keras"):
        if isinstance(source, Path):
            model.save(source)
        with pytest.raises(DiptychError) as error:
            diptych.read(source)
        said = STRANGE[:4] if source is not model else STRANGE[1:4:2]  # what code computes is seen in memory
        assert all(item in str(error.value) for item in said), str(error.value)


def test_classes_and_functions_with_the_names_of_others_are_refused(tmp_path: Path) -> None:
    image = keras.Input(SIZE)
    x = ReLU(name="a")(Conv2D(4, 3, name="b")(image))
    model = keras.Model(image, layers.Conv2D(4, 3, activation=relu, name="c")(x))
    with pytest.raises(DiptychError) as error:
        diptych.read(model)
    assert "an activation of its own, 'relu' (once, first in c)" in str(error.value)
    doubled = keras.Model(image, x)  # whose classes are read by what they do
    agrees(diptych.read(doubled), doubled, tolerance=1e-5)
    for suffix in (".keras", ".h5"):
        file = tmp_path / f"model{suffix}"
        keras.Model(image, ReLU()(image)).save(file)
        with pytest.raises(DiptychError, match="ReLU"):
            diptych.read(file)


def two_inputs() -> keras.Model:
    images = [keras.Input(SIZE), keras.Input(SIZE)]
    return keras.Model(images, layers.Add()(images))


def chain(*given: layers.Layer, shape: tuple[int, ...] = SIZE) -> keras.Model:
    return keras.Sequential([keras.Input(shape), *given])


def quantised() -> keras.Model:
    model = chain(layers.Flatten(), layers.Dense(4))
    model.layers[1].quantize("int8")
    return model


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "two inputs": (two_inputs, "takes 2 inputs"),
    "a vector": (lambda: chain(layers.Dense(3), shape=(30,)), r"a shape of \(None, 30\)"),
    "tokens": (lambda: chain(layers.Reshape((-1, 3)), layers.Dense(3)), "a value of 3 axes"),
    "attention": (lambda: chain(layers.Reshape((-1, 3)), layers.Conv1D(3, 3)), "Conv1D"),
    "no size": (lambda: keras.Sequential([layers.Conv2D(3, 3)]), "says no shape"),
    "whole numbers": (quantised, "quantised"),
    "rows normalised": (lambda: chain(layers.BatchNormalization(axis=1)), "another axis"),
    "softmax of rows": (lambda: chain(layers.Softmax(axis=1)), "another axis"),
    "bicubic": (lambda: chain(layers.UpSampling2D(2, interpolation="bicubic")), "bicubic"),
    "channels first": (lambda: chain(layers.Conv2D(3, 3, data_format="channels_first")), "make it again with"),
    "slopes of places": (lambda: chain(layers.PReLU()), "a slope for each place"),
    "inverted": (lambda: chain(layers.Normalization(mean=1.0, variance=2.0, invert=True)), "inverted"),
    "places mixed": (lambda: chain(layers.Permute((2, 1, 3)), layers.Conv2D(3, 3)), "exchanged"),
    "a layer": (lambda: layers.Conv2D(3, 3), "expected a keras.Model"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused(name: str) -> None:
    make, said = REFUSED[name]
    with pytest.raises(DiptychError, match=said):
        diptych.read(make())


def changed(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A `.keras` file with another config."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "config.json":
                config = json.loads(data)
                change(config)
                data = json.dumps(config).encode()
            new.writestr(name, data)
    return target


def layer(config: dict[str, Any], name: str) -> dict[str, Any]:
    return next(item for item in config["config"]["layers"] if item["config"].get("name") == name)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("saved") / "model.keras"
    model = models.backbone()
    scramble(model)
    model.save(path)
    return path


def swollen(config: dict[str, Any]) -> None:
    """Sixty concatenations of a value with itself."""
    before = "sum"
    for place in range(60):
        node = {"class_name": "__keras_tensor__", "config": {"keras_history": [before, 0, 0]}}
        before = f"join{place}"
        config["config"]["layers"].append(
            {"module": "keras.layers", "class_name": "Concatenate", "config": {"name": before, "trainable": True},
             "inbound_nodes": [{"args": [[node, node]], "kwargs": {}}]}
        )  # fmt: skip
    config["config"]["output_layers"] = [[before, 0, 0]]


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another stride": (lambda c: layer(c, "stem")["config"].update(strides=[2]), "a size of"),
    "no kernel": (lambda c: layer(c, "stem")["config"].update(use_bias=False), "with 2 weights, expected 1"),
    "another kernel": (lambda c: layer(c, "stem")["config"].update(kernel_size=[5, 5]), "with a kernel of"),
    "more filters": (lambda c: layer(c, "stem")["config"].update(filters=9), "for 8 filters, expected 9"),
    "more weights": (lambda c: layer(c, "stem_bn")["config"].update(scale=True), "with 3 of its 4 weights"),
    "a class": (lambda c: layer(c, "sum").update(class_name="Sum"), "Sum"),
    "a module": (lambda c: layer(c, "sum").update(module="os"), "a class of os"),
    "no output": (lambda c: c["config"].update(output_layers=[["none", 0, 0]]), "no call of a layer"),
    "no list": (lambda c: c["config"].update(output_layers=7), "a config that Keras does not write"),
    "a text": (lambda c: layer(c, "stem")["config"].update(groups="many"), "a config that Keras does not write"),
    "a loop": (lambda c: layer(c, "stem").update(inbound_nodes=layer(c, "sum")["inbound_nodes"]), "no call of a layer"),
    "a large image": (
        lambda c: c["config"]["layers"][0]["config"].update(batch_shape=[None, 10**9, 10**9, 3]), "expected 1 to",
    ),
    "channels without end": (swollen, "channels"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_config_that_does_not_fit_is_refused(name: str, saved: Path, tmp_path: Path) -> None:
    change, said = CHANGES[name]
    with pytest.raises(DiptychError, match=said):
        diptych.read(changed(saved, tmp_path / "changed.keras", change), np.zeros((1, 24, 20, 3)))


def test_another_number_is_another_network(saved: Path, tmp_path: Path) -> None:
    example = np.zeros((1, 24, 20, 3))
    file = changed(saved, tmp_path / "changed.keras", lambda c: layer(c, "stem_bn")["config"].update(epsilon=0.5))
    one, other = diptych.read(saved, example), diptych.read(file, example)
    assert one.net != other.net
    agrees(one, keras.models.load_model(saved), tolerance=1e-4)
    agrees(other, keras.models.load_model(file), tolerance=1e-4)
    with pytest.raises(AssertionError):
        agrees(one, keras.models.load_model(file), tolerance=1e-4)


def test_the_place_of_a_layer_counts_and_not_its_name(tmp_path: Path) -> None:
    """As early Keras 3 wrote files: without the names of layers in the weights, by the order of their classes."""
    model = keras.Sequential([keras.Input((None, None, 3))])
    for name in ("conv2d_1", "conv2d"):
        model.add(layers.Conv2D(3, 3, name=name))
    scramble(model)
    file, weights = tmp_path / "model.keras", tmp_path / "weights.h5"
    model.save(file)
    with zipfile.ZipFile(file) as archive:
        weights.write_bytes(archive.read("model.weights.h5"))
        texts = {name: archive.read(name) for name in ("config.json", "metadata.json")}
    with h5py.File(weights, "r+") as opened:
        opened.visititems(lambda _, item: item.attrs.pop("name", None) and None)
    with zipfile.ZipFile(file, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
        archive.write(weights, "model.weights.h5")
    agrees(diptych.read(file, np.zeros((1, 24, 20, 3))), model, tolerance=1e-4)


def test_weights_alone_are_no_network(tmp_path: Path) -> None:
    model = models.backbone()
    model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(DiptychError, match="save the whole model"):
        diptych.read(tmp_path / "model.weights.h5")


class MakesLayers(layers.Layer):  # type: ignore[misc]
    def call(self, x: Any) -> Any:
        return keras.Sequential([layers.Conv2D(4, 3), layers.ReLU()])(layers.ReLU()(x))


def test_layers_that_call_makes_are_told_with_their_line() -> None:
    """New weights in every call are nobody's: layers without weights do no harm."""
    model = keras.Sequential([keras.Input(SIZE), layers.Conv2D(3, 3), MakesLayers()])
    with pytest.raises(DiptychError, match=r"`call` makes a Conv2D \(.*refused.py:\d+.*new random weights"):
        diptych.read(model)
