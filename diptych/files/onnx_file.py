"""ONNX models: the initialisers of the main graph as arrays by name; no node is run, no file beside it is opened."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from . import onnx_model, proto
from .checkpoint import COUNTER, Checkpoint, native, separated
from .limits import Budget

TYPES = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)
"""TensorProto's float32, the integers, bool, float16 and float64: what NumPy has numbers for."""


def read(path: Path) -> Checkpoint:
    """The checkpoint in an ONNX model; raises FileError where it is not whole or keeps its weights elsewhere."""
    import onnx

    model = proto.read(onnx.ModelProto, path, "an ONNX model")
    if not model.graph.initializer:
        raise FileError(
            f"{path} is not a whole ONNX model with weights: its graph has no initialisers; export it again"
        )
    found, shapes = _arrays(model.graph, path)
    arrays, extras, more = separated(found)
    producer = " ".join(part for part in (model.producer_name, model.producer_version) if part)
    notes = [f"the model was written by {producer}"] if producer else []
    notes += [f"left out: {len(shapes)} constants that are shapes or indices ({_listed(shapes)})"] if shapes else []
    said = onnx_model.stated(model, path)
    kept = () if said.network else (*notes, *more)
    return Checkpoint(path, "onnx", arrays, extras=extras, stated=said, title=model.graph.name, notes=kept)


def _arrays(graph: Any, path: Path) -> tuple[dict[str, Array], list[str]]:
    """(arrays by name, names of the constants left out); raises FileError before anything is decoded."""
    if graph.sparse_initializer:
        raise FileError(f"{path} holds sparse weights, which are not read; save them dense first")
    budget, names = Budget(path.stat().st_size), set()
    for tensor in graph.initializer:
        if not tensor.name or tensor.name in names:
            raise FileError(f"{path} has no name, or one name twice, for a weight ({tensor.name!r}); export it again")
        names.add(tensor.name)
        _check(tensor, f"{path}: {tensor.name}")
        budget.take(math.prod(tensor.dims) * _dtype(tensor).itemsize, f"{path}: {tensor.name}")
    shapes = [tensor.name for tensor in graph.initializer if _is_shape(tensor)]
    kept = [tensor for tensor in graph.initializer if tensor.name not in set(shapes)]
    return {tensor.name: _decoded(tensor, path) for tensor in kept}, shapes


def _check(tensor: Any, where: str) -> None:
    """Raise FileError for data in another file, for a type that NumPy lacks, and for too many or too few bytes."""
    import onnx

    if tensor.data_location == onnx.TensorProto.EXTERNAL or tensor.external_data:
        raise FileError(f"{where} keeps its data in another file, which is not opened; save the model in one file")
    if tensor.data_type not in TYPES:
        known = tensor.data_type in onnx.TensorProto.DataType.values()
        kind = onnx.TensorProto.DataType.Name(tensor.data_type).lower() if known else f"type {tensor.data_type}"
        raise FileError(f"{where} is {kind}, which NumPy has no numbers for; save it as float32 first")
    if min(tensor.dims, default=0) < 0:
        raise FileError(f"{where} has the shape {list(tensor.dims)}; export the model again")
    count, itemsize = math.prod(tensor.dims), _dtype(tensor).itemsize
    lists = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
    got = len(tensor.raw_data) / itemsize if tensor.HasField("raw_data") else sum(map(len, lists))
    if got != count:
        raise FileError(f"{where} is not whole: its shape {list(tensor.dims)} needs {count} numbers, it has {got:g}")


def _decoded(tensor: Any, path: Path) -> Array:
    from onnx import numpy_helper

    try:
        return native(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, OverflowError) as error:
        raise FileError(f"{path}: {tensor.name} is not readable ({str(error)[:120]}); export the model again") from None


def _dtype(tensor: Any) -> np.dtype[Any]:
    import onnx

    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))


def _is_shape(tensor: Any) -> bool:
    """Whether a constant says where, not how much: a whole number, or ONNX's int64 list for Reshape and the like."""
    if tensor.name.rpartition(".")[2] == COUNTER or _dtype(tensor).kind not in "iu":
        return False
    return not tensor.dims or (len(tensor.dims) == 1 and _dtype(tensor) == np.int64)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
