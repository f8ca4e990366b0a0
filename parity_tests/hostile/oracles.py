"""What the library of each format reads from a file: arrays by name, to hold against what diptych accepted."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from diptych.common.spec import Array
from diptych.files import read
from diptych.files.darknet.floats import Floats
from diptych.files.tensors import Tensors

Found = list[tuple[str, Array]]


class NoLibraryError(Exception):
    """The library of the format does not take the file."""


def compare(path: Path) -> str:
    """How what diptych reads of an accepted file differs from what the format's own library reads; "" where not.

    Raises NoLibraryError where the library refuses the file, so that there is nothing to hold against.
    """
    checkpoint = read(path)
    if isinstance(checkpoint, Floats):
        return _numbers(path, checkpoint)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = _theirs(path)
    arrays = checkpoint.arrays if isinstance(checkpoint, Tensors) else None
    if arrays is None:
        layers: Any = checkpoint
        known = {_bits(array) for _, array in theirs}
        lost = [name for name, variables in (layers.layers or layers.places).items() for a in variables
                if _bits(a) not in known]  # fmt: skip
        return f"{lost[0]} holds what the library does not find" if lost else ""
    ends: dict[str, set[Any]] = {}
    for name, array in theirs:
        parts = name.split(".")
        for start in range(len(parts)):
            ends.setdefault(".".join(parts[start:]), set()).add(_bits(array))
    wrong = [name for name, array in arrays.items() if _bits(array) not in ends.get(name, set())]
    return f"{wrong[0]} differs from what the library reads" if wrong else ""


def _numbers(path: Path, found: Floats) -> str:
    """How the numbers of a file of Darknet's, which all stand at its end, differ; "" where not."""
    data = path.read_bytes()
    start = len(data) - 4 * len(found.numbers)
    same = start in (16, 20) and found.numbers.tobytes() == data[start:] and found.header.packed() == data[:start]
    return "" if same else "its numbers are not those at its end"


def _bits(array: Array) -> tuple[Any, ...]:
    plain = np.asarray(array)
    plain = plain.astype(plain.dtype.newbyteorder("="))
    return plain.shape, str(plain.dtype), plain.tobytes()


def _theirs(path: Path) -> Found:
    name = path.name.lower()
    readers = {".pth": _torch, ".safetensors": _safetensors, ".npz": _npz, ".keras": _keras, ".h5": _h5}
    readers |= {".onnx": _onnx, ".pb": _frozen, ".index": _bundle}
    reader = next((reader for suffix, reader in readers.items() if name.endswith(suffix)), _saved)
    try:
        return list(reader(path))
    except Exception as error:  # noqa: BLE001  # whatever the library throws
        raise NoLibraryError(f"{type(error).__name__}: {error}"[:300]) from None


def _torch(path: Path) -> Iterator[tuple[str, Array]]:
    import torch

    yield from _flat(torch.load(path, weights_only=True, map_location="cpu", mmap=False), "")


def _flat(value: Any, name: str) -> Iterator[tuple[str, Array]]:
    import torch

    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, torch.Tensor):
        yield name, value.detach().numpy()


def _safetensors(path: Path) -> Iterator[tuple[str, Array]]:
    from safetensors.numpy import load_file

    yield from load_file(path).items()


def _npz(path: Path) -> Iterator[tuple[str, Array]]:
    with np.load(path, allow_pickle=False) as found:
        for name in found.files:
            if name != "diptych.json":
                yield name, found[name]


def _keras(path: Path) -> Iterator[tuple[str, Array]]:
    import io
    import zipfile

    with zipfile.ZipFile(path) as archive:
        yield from _h5(io.BytesIO(archive.read("model.weights.h5")))


def _h5(path: Any) -> Iterator[tuple[str, Array]]:
    import h5py

    with h5py.File(path, "r") as file:
        found: Found = []
        file.visititems(lambda name, item: found.append((name, item[()])) if isinstance(item, h5py.Dataset) else None)
        yield from found


def _onnx(path: Path) -> Iterator[tuple[str, Array]]:
    import onnx

    model = onnx.load(path)
    for tensor in model.graph.initializer:
        yield tensor.name, onnx.numpy_helper.to_array(tensor)
    for node in model.graph.node:
        for attribute in node.attribute if node.op_type == "Constant" else ():
            if attribute.HasField("t"):
                yield node.output[0], onnx.numpy_helper.to_array(attribute.t)


def _frozen(path: Path) -> Iterator[tuple[str, Array]]:
    import tensorflow as tf
    from tensorflow.core.framework.graph_pb2 import GraphDef

    for node in GraphDef.FromString(path.read_bytes()).node:
        if node.op == "Const":
            yield node.name, tf.make_ndarray(node.attr["value"].tensor)


def _bundle(path: Path) -> Iterator[tuple[str, Array]]:
    import tensorflow as tf

    reader = tf.train.load_checkpoint(str(path).removesuffix(".index"))
    for name in reader.get_variable_to_dtype_map():
        value = reader.get_tensor(name)
        if isinstance(value, (np.ndarray, np.generic)) and value.dtype != object:
            yield name, np.asarray(value)


def _saved(path: Path) -> Iterator[tuple[str, Array]]:
    yield from _bundle(path / "variables" / "variables.index")
