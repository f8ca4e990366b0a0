"""The graph that an ONNX model states, as plain data: nodes in order, constants by name, what comes in and goes out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...errors import DiptychError
from ...spec import Array
from ...text import NAME, first_few, printable

MOST = 50_000
"""Nodes at most: more than any network has."""
USUAL = ("", "ai.onnx")
"""The domains of ONNX's own operators."""
BROKEN = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What reading an attribute of another type raises than ONNX has there."""


@dataclass(frozen=True)
class Node:
    """An operator: its kind, its values by name, its attributes, and the modules that its exporter says it stands in.

    `modules` are (path, class) from the outermost to the innermost.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    domain: str = ""
    modules: tuple[tuple[str, str], ...] = ()

    @property
    def said(self) -> str:
        """How errors name it."""
        return printable(self.name or (self.outputs[0] if self.outputs else ""), NAME)


@dataclass(frozen=True)
class Branch:
    """One of the two graphs of an If, which take the values around: its nodes in order, and what it gives."""

    nodes: tuple[Node, ...]
    outputs: tuple[str, ...]

    def taken(self) -> tuple[str, ...]:
        """The values of the graph around that its nodes take."""
        made = {name for node in self.nodes for name in node.outputs}
        names = [name for node in self.nodes for name in node.inputs] + list(self.outputs)
        return tuple(dict.fromkeys(name for name in names if name and name not in made))


@dataclass(frozen=True)
class Port:
    """A value that comes in: its name and shape, None for lengths that are not stated."""

    name: str
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True)
class Graph:
    """A model; `opset` is the version of ONNX's operators, `ours` whether diptych wrote it."""

    name: str
    nodes: tuple[Node, ...]
    constants: Mapping[str, Array]
    inputs: tuple[Port, ...]
    outputs: tuple[str, ...]
    opset: int
    producer: str = ""
    ours: bool = False

    def users(self) -> dict[str, list[Node]]:
        """The nodes that take each value."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                found.setdefault(name, []).append(node)
        return found

    def with_nodes(self, nodes: list[Node]) -> Graph:
        """The same graph of other nodes."""
        return replace(self, nodes=tuple(nodes))

    def pruned(self) -> Graph:
        """The same graph without the nodes that no output depends on."""
        needed, kept = set(self.outputs), list[Node]()
        for node in self.nodes[::-1]:
            if needed.intersection(node.outputs):
                needed.update(node.inputs)
                kept.append(node)
        return self.with_nodes(kept[::-1])

    def arrays(self) -> dict[str, Array]:
        """The constants by name, those of Constant nodes among them, and other names of either."""
        found = dict(self.constants)
        for node in self.nodes:
            if node.kind == "Constant" and node.outputs and not node.inputs:
                value = constant(node)
                found |= {} if value is None else {node.outputs[0]: value}
            elif node.kind == "Identity" and node.inputs and node.inputs[0] in found:
                found[node.outputs[0]] = found[node.inputs[0]]
        return found


def constant(node: Node) -> Array | None:
    """The numbers of a Constant; None for texts and sparse ones."""
    kinds = {"value": None, "value_float": "float32", "value_floats": "float32", "value_int": "int64"}
    for name, kind in (kinds | {"value_ints": "int64"}).items():
        value = node.attributes.get(name)
        if value is not None and not isinstance(value, str):
            return np.asarray(value) if kind is None else np.asarray(value, kind)
    return None


def checked(graph: Graph, where: str) -> Graph:
    """The graph, whose nodes come after those whose values they take; raises DiptychError for any other."""
    if len(graph.nodes) > MOST:
        raise DiptychError(f"{where} has {len(graph.nodes):,} nodes, expected at most {MOST:,}")
    if len(graph.inputs) != 1:
        names = first_few([printable(port.name, NAME) for port in graph.inputs], 4)
        left = graph.producer.startswith("tf2onnx") and any(":" in port.name for port in graph.inputs)
        why = (
            "; tf2onnx leaves out what a Normalization layer holds: give it as weights, or as a Rescaling"
            if left
            else ""
        )
        raise DiptychError(f"{where} takes {len(graph.inputs)} inputs ({names}); a network here takes one image{why}")
    if not graph.outputs:
        raise DiptychError(f"{where} has no output")
    known = {"", graph.inputs[0].name, *graph.constants}
    made = {name for node in graph.nodes for name in node.outputs if name}
    for node in graph.nodes:
        for name in node.inputs:
            if name not in known:
                said = "a node after it, or itself, makes" if name in made else "nothing makes"
                what = f"{node.said} ({printable(node.kind, NAME)})"
                raise DiptychError(
                    f"{where}: {what} takes {printable(name, NAME)!r}, which {said}; export the model again"
                )
        for name in node.outputs:
            if name and name in known:
                raise DiptychError(f"{where} makes {printable(name, NAME)!r} twice; export the model again")
            known.add(name)
    for name in graph.outputs:
        if name not in known or not name:
            raise DiptychError(f"{where}: nothing makes its output {printable(name, NAME)!r}; export the model again")
    return graph
