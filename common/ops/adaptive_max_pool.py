"""Max pooling to a given size, whatever the size of the input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..geometry import Pair, pair
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..text import TIMES, shape_text
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class AdaptiveMaxPool(Op):
    """The maximum of window i of rows floor(i * n / size) ... ceil((i + 1) * n / size) - 1, and so for columns."""

    kind: ClassVar[str] = "adaptive_max_pool"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.adaptive_max_pool(x, 1),
        lambda x, op: op.adaptive_max_pool(x, (3, 4)),
        lambda x, op: op.adaptive_max_pool(x, (1, 4)),
        lambda x, op: op.adaptive_max_pool(x, (6, 5)),
    )
    title: ClassVar[str] = "adaptive max pool"
    role: ClassVar[Role] = "head"
    size: Pair

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        return (x[0], *self.size)

    def window(self, *inputs: Shape) -> None:
        return None

    def unchanged(self, *inputs: Shape) -> bool:
        return inputs[0][1:] == self.size

    def words(self, x: Shape, y: Shape) -> tuple[str, int | None, str]:
        return f"{self.title} to {shape_text(y[1:], TIMES)}", None, ""

    def run(self, *arrays: Array, **weights: Array) -> Array:
        x = arrays[0]
        for axis, size in zip((2, 3), self.size, strict=True):
            parts = _windows(x.shape[axis], size)
            x = np.concatenate([x.take(part, axis).max(axis=axis, keepdims=True) for part in parts], axis)
        return x

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if self.size == (1, 1):
            return g.add("GlobalMaxPool", *inputs)
        x = inputs[0]
        for axis, n, size in zip((2, 3), g.node.in_shapes[0][1:], self.size, strict=True):
            if n == size:
                continue
            parts = [g.add("Gather", x, g.integers(*window), axis=axis) for window in _windows(n, size)]
            x = g.add("Concat", *(g.add("ReduceMax", part, g.integers(axis), keepdims=1) for part in parts), axis=axis)
        return x


def _windows(n: int, size: int) -> list[range]:
    """The rows of each window."""
    return [range(i * n // size, -(-(i + 1) * n // size)) for i in range(size)]


def adaptive_max_pool(x: Value, size: int | Pair, *, name: str | None = None) -> Value:
    """Pool a map (C, H, W) to (C, *size)."""
    return apply(AdaptiveMaxPool(pair(size)), x, name=name)
