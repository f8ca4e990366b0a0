"""What a .keras file says of its layers is held against the network: another function is told from the same one."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from diptych.common.errors import DiptychError
from diptych.common.registry import spec
from diptych.common.spec import Net
from diptych.common.weights import scrambled
from diptych.conversion.identify import identified as identify
from diptych.files import read, write


def identified(path: Path, name: str | None = None, **options: Any) -> Net:
    return identify(read(path), name, options).net


def without(path: Path, **replaced: Any) -> Path:
    """A .keras file without diptych's own member, and with some arguments of layers replaced (layer -> arguments)."""
    copy = path.with_name("copy.keras")
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as out:
        config = json.loads(archive.read("config.json"))
        for layer in config["config"]["layers"]:
            layer["config"] |= replaced.get(layer["name"], {})
        out.writestr("config.json", json.dumps(config))
        out.writestr("model.weights.h5", archive.read("model.weights.h5"))
    return copy


def test_a_keras_file_is_told_by_its_config_or_not_at_all(tmp_path: Path) -> None:
    for name in ("mobilenet_v2", "mobilenet_v2.keras"):
        net = spec(name, num_classes=3, input_size=(64, 48))
        write(tmp_path / "m.keras", net, scrambled(net), {})
        found = identify(read(without(tmp_path / "m.keras")), None, {})
        assert (found.net.name, found.net.input_shape) == (name, (3, 64, 48))
        other = {"mobilenet_v2": "mobilenet_v2.keras", "mobilenet_v2.keras": "mobilenet_v2"}[name]
        with pytest.raises(DiptychError, match=f"not the function of {other}: .*epsilon"):
            identified(without(tmp_path / "m.keras"), other)
    write(tmp_path / "m.weights.h5", spec("mobilenet_v2"), scrambled(spec("mobilenet_v2")), {})
    import h5py

    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        del file.attrs["diptych"]
    assert identified(tmp_path / "m.weights.h5").name == "mobilenet_v2"
    with h5py.File(tmp_path / "m.weights.h5", "a") as file:
        file["vars"].attrs["name"] = "functional"
    with pytest.raises(DiptychError, match=r"mobilenet_v2 and mobilenet_v2\.keras.*--network"):
        identified(tmp_path / "m.weights.h5")


@pytest.mark.parametrize(
    ("layer", "arguments", "complaint"),
    [
        ("c1", {"strides": [2, 2]}, r"c1 has strides \[2, 2\], expected 1"),
        ("c1", {"padding": "same"}, "c1 has padding 'same', expected 'valid'"),
        ("output", {"activation": "softmax"}, "output has activation 'softmax', expected 'linear'"),
        ("s2", {"pool_size": [3, 3]}, "s2 has pool_size"),
        ("tanh", {"name": "mine"}, "no layer 'tanh'"),
    ],
)
def test_an_altered_keras_model_is_another_function(
    tmp_path: Path, layer: str, arguments: dict[str, Any], complaint: str
) -> None:
    net = spec("lenet5_modern")
    write(tmp_path / "m.keras", net, scrambled(net), {})
    path = without(tmp_path / "m.keras", **{layer: arguments})
    with pytest.raises(DiptychError, match=complaint):
        identified(path, "lenet5_modern")
    with pytest.raises(DiptychError, match=complaint):
        identified(path)


def test_an_operation_that_no_node_has_is_another_function(tmp_path: Path) -> None:
    net = spec("lenet5_1998")
    write(tmp_path / "m.keras", net, scrambled(net), {})
    found = read(without(tmp_path / "m.keras"))
    assert identify(found, None, {}).net.name == "lenet5_1998"
    extra = {"module": "keras.src.ops.numpy", "class_name": "Multiply", "config": {"name": "multiply"}}
    with pytest.raises(DiptychError, match=r"it has a layer 'multiply' \(Multiply\)"):
        identify(replace(found, config={**(found.config or {}), "multiply": extra}), None, {})


def test_momentum_may_differ_since_it_is_not_part_of_the_function(tmp_path: Path) -> None:
    net = spec("resnet18", num_classes=2)
    write(tmp_path / "m.keras", net, scrambled(net), {})
    assert identified(without(tmp_path / "m.keras", bn1={"momentum": 0.5})).name == "resnet18"
    with pytest.raises(DiptychError, match=r"bn1 has epsilon 0\.001, expected 1e-05"):
        identified(without(tmp_path / "m.keras", bn1={"epsilon": 0.001}))


def test_a_function_has_its_name_beside_its_config_in_keras_3_9_and_3_10(tmp_path: Path) -> None:
    """So those two write a border of a maximum pool, and every other part that is no layer."""
    net = spec("squeezenet1_0", num_classes=2)
    write(tmp_path / "m.keras", net, scrambled(net), {})
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config, kept = json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    functions = [layer for layer in config["config"]["layers"] if "keras.src.ops" in layer["module"]]
    assert not any("name" in layer["config"] for layer in functions)
    for layer in functions:  # as Keras 3.11 and later ones write it
        layer["config"]["name"] = layer["name"]
    assert functions
    with zipfile.ZipFile(tmp_path / "new.keras", "w") as out:
        out.writestr("config.json", json.dumps(config))
        out.writestr("model.weights.h5", kept)
    assert identified(tmp_path / "new.keras") == net
    assert set(read(tmp_path / "new.keras").config or {}) == set(read(tmp_path / "m.keras").config or {})


def test_operations_that_keras_named_anew_are_parts_of_their_nodes(tmp_path: Path) -> None:
    """As in a file that Keras has loaded and saved again: their names are "pad", "pad_1", ..."""
    net = spec("squeezenet1_0", num_classes=2)
    write(tmp_path / "m.keras", net, scrambled(net), {})
    with zipfile.ZipFile(tmp_path / "m.keras") as archive:
        config, kept = json.loads(archive.read("config.json")), archive.read("model.weights.h5")
    functions = [layer["name"] for layer in config["config"]["layers"] if "keras.src.ops" in layer["module"]]
    text = json.dumps(config)
    for number, name in enumerate(functions):
        text = text.replace(json.dumps(name), f'"pad_{number}"')
    with zipfile.ZipFile(tmp_path / "anew.keras", "w") as out:
        out.writestr("config.json", text)
        out.writestr("model.weights.h5", kept)
    assert identified(tmp_path / "anew.keras") == net
    # One that leads to a layer which is made of no such operations is none of its node.
    model = json.loads(text)
    layers = model["config"]["layers"]
    first = next(layer for layer in layers if layer["class_name"] == "Conv2D")
    source = first["inbound_nodes"][0]["args"]
    extra = {"module": "keras.src.ops.numpy", "class_name": "Negative", "config": {"name": "negative"},
             "name": "negative", "inbound_nodes": [{"args": source, "kwargs": {}}]}  # fmt: skip
    first["inbound_nodes"] = json.loads(json.dumps(first["inbound_nodes"]).replace('"input"', '"negative"'))
    layers.insert(layers.index(first), extra)
    with zipfile.ZipFile(tmp_path / "other.keras", "w") as out:
        out.writestr("config.json", json.dumps(model))
        out.writestr("model.weights.h5", kept)
    with pytest.raises(DiptychError, match="it has a layer 'negative'"):
        identified(tmp_path / "other.keras", "squeezenet1_0")
