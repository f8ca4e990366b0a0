"""Ops in the words of a diagram: "1x1 conv, 64, /2", with a sign for times, "batch norm", "ReLU"."""

from __future__ import annotations

from ..common.spec import Node
from ..common.text import TIMES

DASH = "\N{EN DASH}"


def describe(node: Node) -> tuple[str, int | None, str]:
    """A node as its operation, its width and what follows: ("3x3 conv", 64, "/2"); most ops have no width."""
    return node.op.words(node.in_shapes[0] if node.in_shapes else node.shape, node.shape)


def lines_of(nodes: list[Node]) -> list[str]:
    """A chain of nodes as lines: each op with its width, and after it the ops that only follow; equal ones as one."""
    lines: list[str] = []
    for node in nodes:
        operation, width, rest = describe(node)
        words = ", ".join(part for part in (operation, "" if width is None else str(int(width)), rest) if part)
        if lines and node.op.role == "follower":
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
