"""Where a node stands in the model that it was exported from, as far as the file says: by modules, or by its name.

PyTorch's exporters say it in metadata (path and class), or in names such as `/layer1/layer1.0/conv1/Conv`, in which a
part of a chain repeats the name of the chain. TensorFlow's names have the same form without that; ours have dots.
tf2onnx gives some nodes a number for a name, whose weights still say where they stand.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from ...child_names import fault
from ..draft import Scope, Step
from .graph import Graph, Node

CHAIN = "Sequential"
LAYERS = "torch.nn.modules."
AROUND = re.compile(r"(Stateful)?PartitionedCall(_\d+)?$")
WORDS = re.compile(r"\W")
OPERATOR = re.compile(r"(?<=.)\.[A-Z][A-Za-z]*\d*$")
"""What an operator of ours is called, after the op that it is a part of."""
NUMBERED = re.compile(r"_\d+$")
INSIDE = ("Cast", "Tensordot", "batchnorm", "conv_transpose", "convolution", "depthwise", "moments", "separable_conv2d")
"""What TensorFlow calls parts of a layer."""


@dataclass(frozen=True)
class Place:
    """The modules around a node, and the path of the innermost; `sure` says that it is the layer that it belongs to."""

    scopes: tuple[Scope, ...] = ()
    path: str = ""
    sure: bool = False


def place(node: Node, ours: bool) -> Place:
    """The place of a node."""
    if node.modules:
        return _of_modules(node)
    if ours:
        end = node.outputs[0] if node.outputs else node.name
        path = node.name.removesuffix(".value") if node.name in (end, f"{end}.value") else node.name.rpartition(".")[0]
        return _of_parts(_prefixes(OPERATOR.sub("", path)))
    return _of_parts(_segments(node.name))


def _of_modules(node: Node) -> Place:
    scopes = []
    for path, kind in node.modules:
        style: Any = "block"
        if kind.endswith(f".{CHAIN}"):
            style = "stack"
        elif kind.startswith(LAYERS):
            style = "leaf"
        scopes.append(Scope(path, 0, kind.rpartition(".")[2], style))
    last = scopes[-1]
    folded = "BatchNorm" in last.kind and node.kind != "BatchNormalization"
    return Place(tuple(scopes), last.path, last.style == "leaf" and not folded and not fault(f"part.{last.path}"))


def _prefixes(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[: count + 1]) for count in range(len(parts))] if path else []


def _segments(name: str) -> list[str]:
    """The paths of the modules that a name with slashes says, the outermost first.

    >>> _segments("/layer1/layer1.0/conv1/Conv")
    ['layer1', 'layer1.0', 'layer1.0.conv1']
    """
    found: list[str] = []
    before = ""
    for part in name.strip("/").split("/")[:-1]:
        if AROUND.match(part) or not part:
            continue
        inside = bool(before) and part.startswith(f"{before}.")
        rest = part[len(before) + 1 :] if inside else part
        plain = ".".join(map(_word, rest.split(".")))
        found.append(f"{found[-1]}.{plain}" if found else plain)
        before = part
    return found if all(not fault(f"part.{path}") for path in found) else []


def _word(word: str) -> str:
    """A part of a path as PyTorch can have it."""
    plain = WORDS.sub("_", word)
    return plain if not fault(f"a.{plain}") else f"part_{plain}"


def _of_parts(paths: list[str]) -> Place:
    scopes = []
    for number, path in enumerate(paths):
        inner = paths[number + 1][len(path) + 1 :] if number + 1 < len(paths) else ""
        chain = inner.partition(".")[0].isdecimal()
        scopes.append(Scope(path, 0, CHAIN if chain else _class(path), "stack" if chain else "block"))
    return Place(tuple(scopes), paths[-1] if paths else "")


def _class(path: str) -> str:
    """A name for the class of a module of which only the path is known.

    >>> _class("layer1.0"), _class("inception3a.branch2")
    ('Layer', 'Branch')
    """
    words = [word for word in path.split(".") if not word.isdecimal()]
    plain = words[-1].rstrip("0123456789_") if words else ""
    return "".join(part[:1].upper() + part[1:] for part in plain.split("_")) or "Part"


def named(graph: Graph) -> Graph:
    """The graph of tf2onnx with the names that Keras's layers have: `model_1/conv_1/BiasAdd` is `conv/BiasAdd`.

    TensorFlow makes names unique by a number where a model was traced before, and puts the model's own before each.
    """
    if not graph.producer.startswith("tf2onnx"):
        return graph
    names = [_of_weight(node, graph) if "/" not in node.name else node.name for node in graph.nodes]
    paths = [[part for part in name.split("/") if not AROUND.match(part)] for name in names]
    parts = [[part for part in path[:-1] if part not in INSIDE] + path[-1:] for path in paths]
    roots = {found[0] for found in parts if len(found) > 1}
    below = {found[1] for found in parts if len(found) > 2}
    name = graph.name
    if len(roots) == 1 and below:
        name = NUMBERED.sub("", next(iter(roots)))
        parts = [found[1:] if len(found) > 2 else found[-1:] for found in parts]
    if len(roots) == 1 and all(NUMBERED.search(part) for part in {*roots, *below}):
        parts = [[NUMBERED.sub("", found[0]), *found[1:]] if len(found) > 1 else found for found in parts]
    nodes = [replace(node, name="/".join(found)) for node, found in zip(graph.nodes, parts, strict=True)]
    return replace(graph, nodes=tuple(nodes), name=name)


def _of_weight(node: Node, graph: Graph) -> str:
    """The name of a node by that of its weight."""
    return next((name for name in node.inputs if "/" in name and name in graph.constants), node.name)


def located(graph: Graph) -> Graph:
    """The graph, in which nodes of an exporter's own stand in what is around all that take their values."""
    if not any(node.modules for node in graph.nodes):
        return graph
    users, found = graph.users(), dict[int, Node]()
    made: dict[str, tuple[tuple[str, str], ...]] = {}
    for place in range(len(graph.nodes) - 1, -1, -1):
        node = graph.nodes[place]
        if not node.modules:
            around = [made[user.outputs[0]] for name in node.outputs for user in users.get(name, []) if user.outputs]
            node = replace(node, modules=_common(around))
        found[place] = node
        made[node.outputs[0] if node.outputs else ""] = node.modules
    return graph.with_nodes([found[place] for place in range(len(graph.nodes))])


def _common(around: list[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    """The modules that are around all, without a layer of PyTorch."""
    first = around[0] if around else ()
    count = 0
    while count < len(first) and all(item[: count + 1] == first[: count + 1] for item in around):
        count += 1
    kept = first[:count]
    return kept[:-1] if kept and kept[-1][1].startswith(LAYERS) and not kept[-1][1].endswith(CHAIN) else kept


def settled(steps: list[Step]) -> list[Step]:
    """The steps, where a module that is one op, and has none inside, is a layer under its own name."""
    outer = {scope.path for step in steps for scope in step.scopes[:-1]}
    counts: dict[str, int] = {}
    for step in steps:
        if step.scopes:
            counts[step.scopes[-1].path] = counts.get(step.scopes[-1].path, 0) + 1
    found = []
    for step in steps:
        last = step.scopes[-1] if step.scopes else None
        if last is not None and last.style == "block" and counts[last.path] == 1 and last.path not in outer:
            scopes = (*step.scopes[:-1], replace(last, style="leaf"))
            step = replace(step, scopes=scopes, label=step.label if step.names else last.path)
        found.append(step)
    return found
