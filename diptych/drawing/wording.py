"""Ops in the words of a diagram: "1x1 conv, 64, /2", with a sign for times, "batch norm", "ReLU"."""

from __future__ import annotations

from typing import Any

from ..common.spec import Node
from ..common.text import shape_text

NAMES = {
    "adaptive_avg_pool": "adaptive average pool",
    "avg_pool": "average pool",
    "gelu": "GELU",
    "global_avg_pool": "global average pool",
    "leaky_relu": "leaky ReLU",
    "local_response_norm": "response norm",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "rbf": "RBF",
    "silu": "SiLU",
}
TIMES, DASH = "\N{MULTIPLICATION SIGN}", "\N{EN DASH}"
POOLS = ("max_pool", "avg_pool")
WEIGHTED = ("conv", "linear", "rbf")
JOINS = ("add", "concat", "multiply")
HEADS = ("flatten", "global_avg_pool", "adaptive_avg_pool")
FOLLOWERS = frozenset((
    "batch_norm", "channel_rescale", "channel_shuffle", "dropout", "gelu", "hard_sigmoid", "hard_swish", "leaky_relu",
    "local_response_norm", "mish", "relu", "relu6", "rescale", "scale", "scaled_tanh", "sigmoid", "silu", "softmax",
    "standardize", "tanh",
))  # fmt: skip
"""Ops that stand on the line of the op before them."""


def describe(node: Node) -> tuple[str, int | None, str]:
    """A node as its operation, its width and what follows: ("3x3 conv", 64, "/2"); most ops have no width."""
    op: Any = node.op
    name = NAMES.get(node.kind, node.kind.replace("_", " "))
    if node.kind == "conv":
        return _conv(node)
    if node.kind in POOLS:
        kind = "max" if node.kind == "max_pool" else "average"
        return f"{shape_text(op.kernel, TIMES)} {kind} pool", None, _stride(op.stride)
    if node.kind == "adaptive_avg_pool":
        return f"{name} to {shape_text(node.shape[1:], TIMES)}", None, ""
    if node.kind == "channel_slice":
        return f"channels {int(op.start)} to {int(op.stop) - 1}", None, ""
    return name, getattr(op, "features", None), ""


def lines_of(nodes: list[Node]) -> list[str]:
    """A chain of nodes as lines: each op with its width, and after it the ops that only follow; equal ones as one."""
    lines: list[str] = []
    for node in nodes:
        operation, width, rest = describe(node)
        words = ", ".join(part for part in (operation, "" if width is None else str(int(width)), rest) if part)
        if lines and node.kind in FOLLOWERS:
            lines[-1] += f", {words}"
        else:
            lines.append(words)
    return merge_equal(lines)


def merge_equal(lines: list[str]) -> list[str]:
    """Equal lines in a row as one with a count."""
    out: list[tuple[str, int]] = []
    for line in lines:
        if out and out[-1][0] == line:
            out[-1] = (line, out[-1][1] + 1)
        else:
            out.append((line, 1))
    return [f"{line} ({TIMES}{count})" if count > 1 else line for line, count in out]


def _conv(node: Node) -> tuple[str, int, str]:
    op: Any = node.op
    groups, channels = int(op.groups), int(node.in_shapes[0][0])
    depthwise = groups > 1 and groups == channels == int(op.channels)
    rest = [_stride(op.stride)]
    if tuple(map(int, op.dilation)) != (1, 1):
        rest.append(f"dilation {_one(op.dilation)}")
    if groups > 1 and not depthwise:
        rest.append(f"{groups} groups")
    name = f"{shape_text(op.kernel, TIMES)} {'depthwise ' if depthwise else ''}conv"
    return name, op.channels, ", ".join(filter(None, rest))


def _stride(stride: Any) -> str:
    return "" if tuple(map(int, stride)) == (1, 1) else f"/{_one(stride)}"


def _one(pair: Any) -> str:
    numbers = [str(int(n)) for n in pair]
    return numbers[0] if len(set(numbers)) == 1 else TIMES.join(numbers)
