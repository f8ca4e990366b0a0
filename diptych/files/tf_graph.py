"""Frozen TensorFlow graphs: the constants that are named as weights are; no node is run or imported."""

from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..common.errors import FileError
from ..common.spec import Array
from . import proto
from .checkpoint import native
from .limits import Budget
from .shapes import is_possible, shown

FLOATS = ("float16", "float32", "float64")
SUFFIXES = ("/resource", "/ReadVariableOp", "/read")
"""What TensorFlow puts after the name of a variable, the last of them first."""


def constants(path: Path, kinds: Collection[str]) -> tuple[dict[str, Array], dict[str, str], list[str]]:
    """(constants whose last name is one of `kinds`, their nodes' names, names of larger ones that are left out).

    Raises FileError for what is no whole graph.
    """
    graph = graph_of(path)
    _check_whole(graph, path)
    budget, found, nodes, left = Budget(path.stat().st_size), dict[str, Array](), dict[str, str](), list[str]()
    for node in graph.node:
        if node.op != "Const":
            continue
        name = _plain(node.name)
        if name.rpartition("/")[2] in kinds:
            if name in found:
                raise FileError(f"{path} has two constants named {name!r}; export the graph again")
            nodes[name], found[name] = node.name, _array(node, f"{path}: {node.name}", budget)
        elif len(node.attr["value"].tensor.tensor_shape.dim) > 1:
            left.append(node.name)
    return found, nodes, left


def graph_of(path: Path) -> Any:
    """The graph in a file, which may be a SavedModel's; raises FileError for none."""
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    if path.name != "saved_model.pb":
        return proto.read(GraphDef, path, "a frozen TensorFlow graph")
    graphs = proto.read(SavedModel, path, "a SavedModel").meta_graphs
    if not graphs:
        raise FileError(f"{path} is not a whole SavedModel: it has no graph in it; export it again")
    return graphs[0].graph_def


def _check_whole(graph: Any, path: Path) -> None:
    """Raise FileError for two nodes of one name, and where a node takes what no node gives: a file cut between two."""
    names = {node.name for node in graph.node}
    if len(names) < len(graph.node):
        raise FileError(f"{path} has two nodes of one name, which no whole TensorFlow graph has; export it again")
    for node in graph.node:
        for taken in node.input:
            giver = taken.lstrip("^").partition(":")[0]
            if giver not in names:
                raise FileError(
                    f"{path} is not a whole TensorFlow graph: {node.name} takes {giver}, which is not there"
                )


def _plain(name: str) -> str:
    name = name.removesuffix(":0")
    for suffix in SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def _array(node: Any, where: str, budget: Budget) -> Array:
    """A constant; its shape is held against what is stored of it, which may be one number for all."""
    import tensorflow as tf

    tensor = node.attr["value"].tensor
    dims = [dim.size for dim in tensor.tensor_shape.dim]
    try:
        dtype = tf.dtypes.as_dtype(tensor.dtype)
    except TypeError:
        raise FileError(f"{where} has the unknown type {tensor.dtype}; export the graph again") from None
    if dtype.name not in FLOATS:
        raise FileError(f"{where} is {dtype.name}, expected {' or '.join(FLOATS)}; export the graph as float32 first")
    if tensor.tensor_shape.unknown_rank or not is_possible(dims):
        raise FileError(f"{where} has an impossible shape ({len(dims)} axes, {shown(dims)}); export the graph again")
    count = math.prod(dims)
    lists = (tensor.half_val, tensor.float_val, tensor.double_val)
    stored = len(tensor.tensor_content) / dtype.size or sum(map(len, lists))
    if stored != count and not (stored == 1 and count > 1 and not tensor.tensor_content):
        raise FileError(f"{where} is not whole: its shape {shown(dims)} needs {count} numbers, it has {stored:g}")
    budget.take(count * dtype.size, where)
    try:
        return native(tf.make_ndarray(tensor))
    except (ValueError, TypeError) as error:
        raise FileError(f"{where} is not readable ({str(error)[:120]}); export the graph again") from None
