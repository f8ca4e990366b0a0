"""A vector as a map of several places, such as the first map of a generator; each framework has an order of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector

Order = Literal["torch", "tf"]


@dataclass(frozen=True)
class Unflatten(Op):
    """(C * H * W,) -> (C, H, W), whose numbers stand in the vector in the order C, H, W ("torch") or H, W, C ("tf")."""

    kind: ClassVar[str] = "unflatten"
    examples: ClassVar[tuple[Example, ...]] = (
        of_vector(lambda x, op: op.conv(op.unflatten(op.linear(x, 24), (2, 3, 4)), 3, 2)),
        of_vector(lambda x, op: op.unflatten(op.relu(op.linear(x, 24)), (4, 2, 3), "tf")),
    )
    title: ClassVar[str] = "vector as a map"
    size: Shape
    order: Order = "torch"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if self.order not in get_args(Order):
            raise SpecError(f"the order of a vector is 'torch' or 'tf', not {self.order!r}")
        if len(self.size) != 3 or min(self.size) < 1:
            raise SpecError(f"a vector becomes a map (C, H, W), not {tuple(map(int, self.size))}")
        if len(x) != 1 or x[0] != self.size[0] * (self.size[1] * self.size[2]):
            raise SpecError(f"{tuple(map(int, x))} has not the numbers of a map {tuple(map(int, self.size))}")
        return self.size

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; use the map as it is")

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), (c, h, w) = arrays, map(int, self.size)
        if self.order == "torch":
            return x.reshape(len(x), c, h, w)
        return x.reshape(len(x), h, w, c).transpose(0, 3, 1, 2)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        c, h, w = self.size
        if self.order == "torch":
            return g.add("Reshape", *inputs, g.integers(0, c, h, w))
        return g.add("Transpose", g.add("Reshape", *inputs, g.integers(0, h, w, c)), perm=(0, 3, 1, 2))


def unflatten(x: Value, size: Shape, order: Order = "torch", *, name: str | None = None) -> Value:
    """A vector (C * H * W,) as a map (C, H, W)."""
    return apply(Unflatten(tuple(size), order), x, name=name)
