"""A network as text, one line per layer: what the golden files hold, and what a reviewer reads in a diff of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from .expr import plain
from .spec import Net, Node, Op
from .text import shape_text


def summary(net: Net) -> str:
    """One line per node: path, op with every field, output shape, number of weights; then the totals.

    A node whose input is not the line before names its inputs after an arrow. Nothing is aligned, so that one changed
    layer is one changed line.

    >>> from diptych.common.registry import spec
    >>> print(summary(spec("lenet5_modern")).splitlines()[1])
    c1: conv channels=6 kernel=5x5 stride=1x1 pads=0,0,0,0 dilation=1x1 groups=1 bias=True; 6x28x28; 156
    """
    body = [_line(net, index) for index in range(len(net.nodes))]
    names = [f"{name}=" for name in net.output_names] or [""] * len(net.outputs)
    outputs = ", ".join(name + net.nodes[index].path for name, index in zip(names, net.outputs, strict=True))
    first = tuple(range(len(net.evaluated)))
    evaluated = len(first) if net.evaluated == first else ",".join(map(str, net.evaluated))
    totals = f"params={net.params} statistics={net.statistics} buffers={net.buffers} macs={net.macs}"
    return "\n".join([*body, f"outputs {outputs}; evaluated={evaluated}", totals, ""])


def _line(net: Net, index: int) -> str:
    node = net.nodes[index]
    count = sum(weight.count for weight in node.weights().values())
    parts = [f"{node.path}: {_op(node.op)}", shape_text(node.shape), str(count)]
    if node.inputs not in ((), (index - 1,)):
        parts[-1] += f" <- {', '.join(net.nodes[i].path for i in node.inputs)}"
    return "; ".join(parts) + _owner(node)


def _owner(node: Node) -> str:
    return f"; weights of {node.owner}" if node.owner else ""


def _op(op: Op) -> str:
    return " ".join([op.kind, *(f"{f.name}={_value(getattr(op, f.name))}" for f in fields(op))])


def _value(value: Any) -> str:
    """A field in short: 3x3 for a size, commas between the numbers of anything longer."""
    value = plain(value)
    if not isinstance(value, tuple):
        return str(value)
    return ("x" if len(value) <= 3 else ",").join(map(str, value))
