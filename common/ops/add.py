"""The sum of two values: of the same shape, or of maps of which one is spread over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector
from ._broadcast import broadcast


@dataclass(frozen=True)
class Add(Op):
    """x + y, where a map (C, 1, 1), (1, H, W) or (1, 1, 1) is spread over (C, H, W)."""

    kind: ClassVar[str] = "add"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: x + op.tanh(x),
        of_vector(lambda x, op: op.add(x, op.tanh(x))),
        lambda x, op: op.add(op.tanh(x), op.adaptive_avg_pool(x, 1)),
        lambda x, op: op.add(op.conv(x, 1, 1), op.tanh(x)),
        lambda x, op: op.add(op.adaptive_avg_pool(op.conv(x, 1, 1), 1), op.tanh(x)),
        lambda x, op: op.add(op.adaptive_avg_pool(x, 1), op.conv(x, 1, 1)),
    )
    takes_parameters: ClassVar[bool] = True
    role: ClassVar[Role] = "join"
    overwrites: ClassVar[bool] = True
    overwritable: ClassVar[bool] = True
    elementwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        x, y = inputs
        return broadcast(x, y, "add", "and")

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] != orders[1]:
            raise SpecError("cannot add a flattened map to a vector of another order")
        return orders[0]

    def summands(self, *inputs: int) -> int:
        return sum(inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] + arrays[1]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Add", *inputs)


def add(x: Value, y: Value, *, name: str | None = None) -> Value:
    """Add two values of equal shape, or two maps that differ only where one has a length of 1."""
    return apply(Add(), x, y, name=name)
