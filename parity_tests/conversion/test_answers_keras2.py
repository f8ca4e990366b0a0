"""What `identify` says of registered networks in Keras 2's layout by their headers, and only where all is plain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from command_line import process

import diptych
from diptych.commands.identifying import lines
from diptych.conversion import answers
from diptych.files import headers, write

NET = "squeezenet1_1"


def made(folder: Path, whole: bool = True, size: int = 224, fixed: bool = False) -> Path:
    """A file in Keras 2's layout: names of one length, as it wrote them, or else texts, as Keras 3 does."""
    net = diptych.spec(NET)
    write(folder / "x.weights.h5", net, diptych.init(net), {})
    path, kind = folder / "x.h5", "S64" if fixed else h5py.string_dtype()
    with h5py.File(folder / "x.weights.h5") as source, h5py.File(path, "w") as file:
        root = file.create_group("model_weights") if whole else file
        layers = [(str(group["vars"].attrs["name"]), group["vars"]) for group in source["layers"].values()]
        root.attrs["layer_names"] = np.array([name for name, _ in layers], kind)
        root.attrs["backend"] = "tensorflow"
        for layer, variables in layers:
            group = root.create_group(layer)
            names = [f"{layer}/{index}{':0' if fixed else ''}" for index in variables]
            group.attrs["weight_names"] = np.array(names, kind) if names else np.array([], np.float32)
            for name, index in zip(names, variables, strict=True):
                group[name] = variables[index][()]
        if whole:
            entry = {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [None, size, size, 3]}}
            file.attrs["model_config"] = json.dumps({"class_name": "Functional", "config": {"layers": [entry]}})
    return path


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_file_is_answered_as_if_it_were_traced(whole: bool, fixed: bool, tmp_path: Path) -> None:
    path = made(tmp_path, whole, fixed=fixed)
    known = answers.answer(path)
    assert known == lines(diptych.identify(path))
    assert known[0].startswith(f": {NET} in the names of diptych")


def test_an_answer_reads_neither_numpy_nor_h5py(tmp_path: Path) -> None:
    code = (
        "import sys; sys.argv = ['diptych', 'identify', sys.argv[1]]\nfrom diptych.commands.plain import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print([name for name in ('h5py', 'numpy.linalg', 'diptych.common.registry') if name in sys.modules])"
    )
    assert process(str(made(tmp_path)), code=code).stdout.splitlines()[-1] == "[]"


def change(file: Any, odd: str) -> None:
    """Make a file odd."""
    root = file["model_weights"]
    layer = next(group for group in root.values() if len(group.attrs["weight_names"]))
    names = list(layer.attrs["weight_names"])
    if odd == "optimizer":
        file["optimizer_weights/x"] = [1.0]
    elif odd == "theano":
        root.attrs["backend"] = "theano"
    elif odd == "two layers inside":
        layer["inner/0"] = [1.0]
        layer.attrs["weight_names"] = np.array([*names, "inner/0"], h5py.string_dtype())
    elif odd == "a layer more":
        root.attrs["layer_names"] = np.array([*root.attrs["layer_names"], "more"], h5py.string_dtype())
    elif odd == "a name twice":
        layer.attrs["weight_names"] = np.array([*names, names[0]], h5py.string_dtype())
    elif odd == "names in parts":
        root.attrs["layer_names0"] = root.attrs["layer_names"]
        del root.attrs["layer_names"]
    elif odd == "no number":
        del layer[names[0]]
        layer[names[0]] = "a text"
    elif odd == "a model inside":
        said = json.loads(file.attrs["model_config"])
        inner = {"class_name": "Functional", "config": {"name": "m", "layers": list(said["config"]["layers"])}}
        said["config"]["layers"].append(inner)
        file.attrs["model_config"] = json.dumps(said)


KINDS = ("optimizer", "theano", "two layers inside", "a layer more", "a name twice", "names in parts", "no number")


@pytest.mark.parametrize("odd", [*KINDS, "a model inside"])
def test_what_is_odd_is_looked_at(odd: str, tmp_path: Path) -> None:
    path = made(tmp_path)
    assert headers.layers(path) is not None
    with h5py.File(path, "r+") as file:
        change(file, odd)
    assert headers.layers(path) is None
    assert answers.answer(path) is None
    if odd in ("optimizer", "names in parts", "a model inside"):
        assert lines(diptych.identify(path))[0].startswith(f": {NET}")


def test_another_size_is_said(tmp_path: Path) -> None:
    path = made(tmp_path, size=128)
    assert answers.answer(path) is None
    assert ", input_size=(128, 128)" in lines(diptych.identify(path))[0]
