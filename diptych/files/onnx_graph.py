"""The graph of an ONNX file as plain data: parsed within bounds, its constants decoded, nothing of it run."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np

from ..common.errors import DiptychError, FileError
from ..common.importing.onnx.graph import Branch, Graph, Node, Port, checked
from ..common.spec import Array
from ..common.text import NAME, first_few, printable
from ..onnx_impl import build
from . import onnx_data, onnx_file, proto
from .border import border
from .checkpoint import native
from .limits import Budget

SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
"""Where PyTorch's exporter says of a node which modules it stands in, and their classes: lists in Python's words."""
HALF = (10, 16)
"""float16 and bfloat16."""
LONGEST = 4_000
"""Characters of such a list at most."""
LARGEST = 100
"""Nodes of a graph inside a graph at most."""


def read(path: Path) -> Graph:
    """The graph of a file; raises DiptychError with what stands in the way of reading it as one."""
    import onnx

    where = printable(str(path), NAME)
    with border(path, "ONNX"):
        model = proto.read(onnx.ModelProto, path, "an ONNX model")
        if model.functions:
            names = first_few([printable(item.name, NAME) for item in model.functions], 6)
            raise DiptychError(f"{where} has functions of its own ({names}); export it with them written out")
        constants = _constants(model.graph, path)
        opset = max((item.version for item in model.opset_import if item.domain in ("", "ai.onnx")), default=1)
        fed = [port for port in map(_port, model.graph.input) if port.name not in constants]
        made = Graph(
            name=model.graph.name,
            nodes=tuple(_node(node, path) for node in model.graph.node),
            constants=constants,
            inputs=tuple(fed),
            outputs=tuple(value.name for value in model.graph.output),
            opset=int(opset),
            producer=" ".join(part for part in (model.producer_name, model.producer_version) if part),
            ours=bool(build.provenance_of(model, path).network),
        )
    return checked(made, where)


def _constants(graph: Any, path: Path) -> dict[str, Array]:
    """The initialisers by name; raises FileError where the weights file's reader would."""
    if graph.sparse_initializer:
        raise FileError(f"{path} holds sparse weights, which are not read; save them dense first")
    half = [tensor.name for tensor in graph.initializer if tensor.data_type in HALF]
    if half:
        raise FileError(
            f"{path} has weights of 16 bits ({len(half)}, first {printable(half[0], NAME)}); save the model in float32"
        )
    stored = sum(file.stat().st_size for file in (path, *onnx_data.beside(path)))
    budget, names = Budget(stored), set[str]()
    for tensor in graph.initializer:
        if not tensor.name or tensor.name in names:
            raise FileError(
                f"{path} has no name, or one name twice, for a weight ({tensor.name!r:.80}); export it again"
            )
        names.add(tensor.name)
        onnx_file.check(tensor, path)
        budget.take(int(np.prod(tensor.dims)) * onnx_file.dtype_of(tensor).itemsize, f"{path}: {tensor.name}")
    return {tensor.name: onnx_file.decode(tensor, path) for tensor in graph.initializer}


def _port(value: Any) -> Port:
    kind = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
        return Port(value.name, None)
    return Port(value.name, tuple(int(d.dim_value) if d.HasField("dim_value") else None for d in kind.shape.dim))


def _node(node: Any, path: Path) -> Node:
    attributes = {item.name: _attribute(item, path) for item in node.attribute}
    modules = _modules({entry.key: entry.value for entry in node.metadata_props})
    branches = [item for item in attributes.values() if isinstance(item, Branch)]
    inputs = dict.fromkeys([*node.input, *(name for branch in branches for name in branch.taken())])
    given = tuple(inputs) if branches else tuple(node.input)
    return Node(node.op_type, node.name, given, tuple(node.output), attributes, node.domain, modules)


def _branch(graph: Any, path: Path) -> Branch | None:
    """A graph inside a graph, such as a choice has two of; None for one with weights, or with others inside."""
    inner = any(item.type == 5 for node in graph.node for item in node.attribute)
    if inner or graph.initializer or graph.sparse_initializer or graph.input or len(graph.node) > LARGEST:
        return None
    return Branch(tuple(_node(node, path) for node in graph.node), tuple(value.name for value in graph.output))


def _attribute(item: Any, path: Path) -> Any:
    """An attribute in Python's types; None for others."""
    kinds: dict[int, Any] = {1: item.f, 2: item.i, 6: list(item.floats), 7: list(item.ints)}
    if item.type in kinds:
        return kinds[item.type]
    if item.type == 3:
        return item.s.decode("utf-8", "replace")
    if item.type == 8:
        return [text.decode("utf-8", "replace") for text in item.strings]
    if item.type == 4:
        if item.t.data_type in HALF:
            return "float16"
        onnx_file.check(item.t, path)
        return native(onnx_file.decode(item.t, path))
    return _branch(item.g, path) if item.type == 5 else None


def _modules(said: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """(path, class) of the modules around a node, without the outermost and the function itself."""
    try:
        scopes, classes = (ast.literal_eval(said[key]) if len(said[key]) < LONGEST else [] for key in (SCOPES, CLASSES))
        pairs = list(zip(scopes[:-1], classes[:-1], strict=True))
    except (KeyError, ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ()
    return tuple((a.partition("@")[0], b) for a, b in pairs if isinstance(a, str) and isinstance(b, str) and a)
