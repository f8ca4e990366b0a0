"""Small valid files of every format, of one network with one set of weights; all others are made from them."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import diptych
from diptych.common.spec import Array, Net
from diptych.files import write

NETWORK = "lenet5_modern"
Files = Mapping[str, bytes]


def net() -> Net:
    return diptych.spec(NETWORK)


@functools.cache
def weights() -> dict[str, Array]:
    generator = np.random.default_rng(14)
    return {name: generator.normal(0, 0.1, array.shape).astype("f4") for name, array in diptych.init(net()).items()}


PLAIN = {
    "torch": "a.pth",
    "safetensors": "a.safetensors",
    "npz": "a.npz",
    "keras": "a.keras",
    "weights.h5": "a.weights.h5",
}
"""What diptych writes itself."""


@functools.cache
def good_file(form: str) -> tuple[str, Files]:
    """(the file to hand over, all files by name) of a format."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if form in PLAIN:
            path = folder / PLAIN[form]
            write(path, net(), weights(), {})
        else:
            path = OTHERS[form](folder)
        files = {str(f.relative_to(folder)): f.read_bytes() for f in sorted(folder.rglob("*")) if f.is_file()}
        return str(path.relative_to(folder)), files


def _legacy(folder: Path) -> Path:
    import torch

    state = {name: torch.from_numpy(array) for name, array in weights().items()}
    torch.save(state, folder / "a.pth", _use_new_zipfile_serialization=False)
    return folder / "a.pth"


def _model() -> Any:
    return diptych.build(net(), "tf", weights=weights())


def _keras2(folder: Path) -> Path:
    """In the layout of Keras 2, written by h5py: Keras 3 writes it with a warning only."""
    import h5py

    with h5py.File(folder / "a.h5", "w") as file:
        root = file.create_group("model_weights")
        model = _model()
        layers = [layer for layer in model.layers if layer.weights]
        root.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        root.attrs["backend"] = b"tensorflow"
        for layer in layers:
            group = root.create_group(layer.name)
            names = [f"{layer.name}/{variable.name}:0" for variable in layer.weights]
            group.attrs["weight_names"] = [name.encode() for name in names]
            for name, variable in zip(names, layer.weights, strict=True):
                group[name] = variable.numpy()
    return folder / "a.h5"


def _onnx(folder: Path) -> Path:
    """With its weights in a file beside it, as PyTorch's exporter writes them."""
    import onnx

    diptych.export(net(), weights(), folder / "one.onnx")
    model = onnx.load(folder / "one.onnx")
    (folder / "one.onnx").unlink()
    for extra in folder.glob("one.onnx*"):
        extra.unlink()
    where = folder / "a.onnx"
    onnx.save(model, where, save_as_external_data=True, location="a.onnx.data", size_threshold=100_000)
    return where


def _bundle(folder: Path) -> Path:
    import tensorflow as tf

    tf.train.Checkpoint(model=_model()).write(str(folder / "a"))
    return folder / "a.index"


def _saved(folder: Path) -> Path:
    import tensorflow as tf

    tf.saved_model.save(_model(), str(folder / "m"))
    return folder / "m"


def _frozen(folder: Path) -> Path:
    import tensorflow as tf

    graph = tf.Graph()
    values = [(f"{layer.name}/{v.name}", v.numpy()) for layer in _model().layers for v in layer.weights]
    with graph.as_default():
        for name, value in values:
            tf.constant(value, name=name)
    (folder / "a.pb").write_bytes(graph.as_graph_def().SerializeToString())
    return folder / "a.pb"


OTHERS: dict[str, Callable[[Path], Path]] = {
    "legacy": _legacy,
    "keras2": _keras2,
    "onnx": _onnx,
    "bundle": _bundle,
    "saved": _saved,
    "frozen": _frozen,
}
FORMATS = (*PLAIN, *OTHERS)
