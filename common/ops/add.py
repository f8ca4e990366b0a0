"""The sum of two values of the same shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply


@dataclass(frozen=True)
class Add(Op):
    """x + y."""

    kind: ClassVar[str] = "add"
    elementwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        x, y = inputs
        if x != y:
            raise SpecError(f"cannot add {tuple(map(int, x))} and {tuple(map(int, y))}: the shapes must be equal")
        return x

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] != orders[1]:
            raise SpecError("cannot add a flattened map to a vector of another order")
        return orders[0]

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] + arrays[1]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Add", *inputs)


def add(x: Value, y: Value, *, name: str | None = None) -> Value:
    """Add two values of equal shape."""
    return apply(Add(), x, y, name=name)
