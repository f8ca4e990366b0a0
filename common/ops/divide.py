"""The quotient of two values: of the same shape, or of maps of which one is spread over the other."""

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
class Divide(Op):
    """x / y, where a length of 1 is spread: of a size of each channel (C, 1, 1) or of each place (1, H, W)."""

    kind: ClassVar[str] = "divide"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.divide(op.tanh(x), op.rescale(op.sigmoid(x), 1.0, 1.0)),
        lambda x, op: op.divide(x, op.sigmoid(op.adaptive_avg_pool(x, 1))),
        lambda x, op: op.divide(op.conv(x, 1, 1), op.sigmoid(x)),
        lambda x, op: op.divide(x, op.sigmoid(op.parameter((x.channels, 1, 1)))),
        of_vector(lambda x, op: op.divide(x, op.sigmoid(x))),
    )
    takes_parameters: ClassVar[bool] = True
    role: ClassVar[Role] = "join"
    elementwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        x, y = inputs
        return broadcast(x, y, "divide", "by")

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] != orders[1]:
            raise SpecError(f"cannot divide vectors flattened from {orders[0]} and {orders[1]}: their orders differ")
        return orders[0]

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] / arrays[1]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Div", *inputs)


def divide(x: Value, y: Value, *, name: str | None = None) -> Value:
    """Divide a value by another of equal shape, or a map (C, H, W) by one of (C, 1, 1) or (1, H, W)."""
    return apply(Divide(), x, y, name=name)
