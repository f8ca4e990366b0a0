"""ONNX models: the initialisers and constants of the main graph as arrays by name; no node is run.

A bias that its layer does without is zero. The graph says so, it is no guess: PyTorch's exporter drops such biases.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import FileError
from ..common.spec import Array
from ..common.text import first_few
from ..onnx_impl import build
from . import onnx_data, proto
from .checkpoint import COUNTER, Key, native, split_counters
from .format import Format
from .limits import Budget
from .shapes import AXES, is_possible, shown
from .tensors import Tensors

LAYERS, FOLDED = ("Conv", "ConvTranspose", "Gemm"), ".weight_bias"
LISTS = {
    "float32": ("float_data", "float32"),
    "float64": ("double_data", "float64"),
    "int64": ("int64_data", "int64"),
    **dict.fromkeys(("uint32", "uint64"), ("uint64_data", "uint64")),
}
"""Dtype -> the list of a TensorProto that has its numbers, and their type in it."""
FLOATS = (1, 10, 11)
TYPES = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)
"""TensorProto's float32, the integers, bool, float16 and float64: what NumPy has numbers for."""


def read(path: Path) -> Tensors:
    """The checkpoint in an ONNX model; raises FileError where it is not whole or keeps its weights elsewhere."""
    import onnx

    model = proto.read(onnx.ModelProto, path, "an ONNX model")
    if not model.graph.initializer:
        raise FileError(
            f"{path} is not a whole ONNX model with weights: its graph has no initialisers; export it again"
        )
    said = build.provenance_of(model, path)
    hidden = [] if said.network else _constants(model.graph)  # ours are said by the spec
    found, constants = _arrays(model.graph, hidden, path)
    named, origins, zeros = _biases(model.graph, found)
    arrays, extras, more = split_counters(named)
    producer = " ".join(part for part in (model.producer_name, model.producer_version) if part)
    notes = [f"the model was written by {producer}"] if producer else []
    if constants:
        notes.append(f"left out: {len(constants)} shapes, indices or single numbers ({first_few(constants, 4)})")
    kept = () if said.network else (*notes, *more)
    return Tensors(
        path,
        "onnx",
        arrays,
        extras=extras,
        stated=said,
        title=model.graph.name,
        zeros=zeros,
        notes=kept,
        origins=origins,
    )


def _arrays(graph: Any, hidden: list[Any], path: Path) -> tuple[dict[str, Array], list[str]]:
    """(arrays by name, names of the constants left out); raises FileError before anything is decoded."""
    if graph.sparse_initializer:
        raise FileError(f"{path} holds sparse weights, which are not read; save them dense first")
    stored = sum(file.stat().st_size for file in (path, *onnx_data.beside(path)))
    budget, names, tensors = Budget(stored), set(), [*graph.initializer, *hidden]
    for tensor in tensors:
        if not tensor.name or tensor.name in names:
            raise FileError(f"{path} has no name, or one name twice, for a weight ({tensor.name!r}); export it again")
        names.add(tensor.name)
        check(tensor, path)
        budget.take(math.prod(tensor.dims) * dtype_of(tensor).itemsize, f"{path}: {tensor.name}")
    scales = {name for node in graph.node if node.op_type == "Resize" for name in node.input[1:]}
    constants = [tensor.name for tensor in tensors if tensor.name in scales or _is_constant(tensor)]
    kept = [tensor for tensor in tensors if tensor.name not in set(constants)]
    return {tensor.name: decode(tensor, path) for tensor in kept}, constants


def _constants(graph: Any) -> list[Any]:
    """The floating-point tensors of Constant nodes: numbers of a layer that hide there make it another function."""
    import onnx

    found = []
    for node in graph.node:
        for attribute in node.attribute if node.op_type == "Constant" and node.output else ():
            tensor = onnx.TensorProto()
            if attribute.floats:
                tensor = onnx.helper.make_tensor("", onnx.TensorProto.FLOAT, [len(attribute.floats)], attribute.floats)
            elif attribute.HasField("t"):
                tensor.CopyFrom(attribute.t)
            tensor.name = node.output[0]
            if tensor.dims and tensor.data_type in FLOATS:
                found.append(tensor)
    return found


def _biases(graph: Any, found: dict[str, Array]) -> tuple[dict[str, Array], dict[str, Key], frozenset[str]]:
    """(the arrays with the bias of each layer under its name, their own names, names of biases that layers lack).

    PyTorch's exporter calls the bias that a folded normalisation leaves X.weight_bias, keeps one of those that are
    equal, and none that is zero. A weight that layers take with different biases says nothing.
    """
    taken: dict[str, set[str]] = {}
    for node in graph.node:
        if node.op_type in LAYERS and len(node.input) > 1:
            taken.setdefault(node.input[1], set()).add(node.input[2] if len(node.input) > 2 else "")
    beside = {
        f"{weight.removesuffix('weight')}bias": biases.pop()
        for weight, biases in taken.items()
        if weight in found and weight.endswith(".weight") and len(biases) == 1
    }
    lacking = {own: bias for own, bias in beside.items() if own not in found}
    renamed = {bias for bias in lacking.values() if bias.endswith(FOLDED)}
    named = {name: array for name, array in found.items() if name not in renamed}
    named |= {own: found[bias] for own, bias in lacking.items() if bias in found}
    origins: dict[str, Key] = {own: (bias,) for own, bias in lacking.items() if bias in found}
    return named, origins, frozenset(own for own, bias in lacking.items() if not bias)


def check(tensor: Any, path: Path) -> None:
    """Raise FileError for data in a strange file, for a type that NumPy lacks, and for too many or too few bytes."""
    import onnx

    where = f"{path}: {tensor.name}"
    if tensor.data_type not in TYPES:
        known = tensor.data_type in onnx.TensorProto.DataType.values()
        kind = onnx.TensorProto.DataType.Name(tensor.data_type).lower() if known else f"type {tensor.data_type}"
        raise FileError(f"{where} is {kind}, which NumPy has no numbers for; save it as float32 first")
    if min(tensor.dims, default=0) < 0 or len(tensor.dims) > AXES:
        raise FileError(f"{where} has the shape {shown(tensor.dims)}; export the model again")
    if onnx_data.is_outside(tensor):
        onnx_data.place(tensor, dtype_of(tensor), path)
        return
    count, itemsize = math.prod(tensor.dims), dtype_of(tensor).itemsize
    listed = getattr(tensor, LISTS.get(dtype_of(tensor).name, ("int32_data", ""))[0])
    got = len(tensor.raw_data) / itemsize if tensor.HasField("raw_data") else len(listed)
    if got != count or not is_possible(list(tensor.dims)):
        raise FileError(f"{where} is not whole: its shape {shown(tensor.dims)} needs {count} numbers, it has {got:g}")


def decode(tensor: Any, path: Path) -> Array:
    """The numbers of a tensor, which are bytes, here or beside the model, or a list by its type."""
    dtype = dtype_of(tensor)
    if onnx_data.is_outside(tensor):
        return native(onnx_data.array(tensor, dtype, path))
    try:
        if tensor.HasField("raw_data"):
            flat = np.frombuffer(tensor.raw_data, dtype.newbyteorder("<"))
        else:
            flat = _listed(tensor, dtype)
        return native(flat.reshape(tuple(tensor.dims)))
    except (ValueError, TypeError, OverflowError) as error:
        raise FileError(f"{path}: {tensor.name} is not readable ({str(error)[:120]}); export the model again") from None


def _listed(tensor: Any, dtype: np.dtype[Any]) -> Array:
    """The numbers of a list; those of 16 bits and less are int32 there, float16 by its bits."""
    name, kind = LISTS.get(dtype.name, ("int32_data", "int32"))
    numbers = np.array(getattr(tensor, name), kind)
    return numbers.astype(np.uint16).view(np.float16) if dtype == np.float16 else numbers.astype(dtype)


def dtype_of(tensor: Any) -> np.dtype[Any]:
    """NumPy's type of a tensor's numbers."""
    import onnx

    return np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type))


def _is_constant(tensor: Any) -> bool:
    """Whether it is no weight of a network: a single number, such as a bound of Clip, or an int64 list for Reshape."""
    if tensor.name.rpartition(".")[2] == COUNTER:
        return False
    return not tensor.dims or (len(tensor.dims) == 1 and dtype_of(tensor) == np.int64)


FORMAT = Format("onnx", "torch", "ONNX", read, only_read=(".onnx",))
