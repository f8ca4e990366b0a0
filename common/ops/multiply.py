"""The product of two values: of the same shape, or of maps of which one is spread over the other."""

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
class Multiply(Op):
    """x * y, where a length of 1 is spread: of a gate (C, 1, 1), a mask (1, H, W) or a column (C, H, 1)."""

    kind: ClassVar[str] = "multiply"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: x * op.sigmoid(x),
        lambda x, op: op.multiply(x, op.adaptive_avg_pool(x, 1)),
        lambda x, op: op.multiply(x + op.tanh(x), x + op.sigmoid(x)),
        lambda x, op: op.multiply(op.adaptive_avg_pool(x, 1), op.tanh(x)),
        lambda x, op: op.multiply(op.tanh(x), op.sigmoid(op.conv(x, 1, 1))),
        lambda x, op: op.multiply(op.tanh(x), op.adaptive_avg_pool(op.conv(x, 1, 1), 1)),
        lambda x, op: op.multiply(op.conv(x, 1, 1), op.adaptive_avg_pool(x, 1)),
        lambda x, op: op.multiply(op.adaptive_avg_pool(x, (x.shape[1], 1)), op.adaptive_avg_pool(x, (1, x.shape[2]))),
        of_vector(lambda x, op: op.multiply(op.tanh(x), x)),
    )
    takes_parameters: ClassVar[bool] = True
    role: ClassVar[Role] = "join"
    elementwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        x, y = inputs
        return broadcast(x, y, "multiply", "by")

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] != orders[1]:
            raise SpecError(f"cannot multiply vectors flattened from {orders[0]} and {orders[1]}: their orders differ")
        return orders[0]

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] * arrays[1]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Mul", *inputs)


def multiply(x: Value, y: Value, *, name: str | None = None) -> Value:
    """Multiply two values of equal shape, or a map (C, H, W) by a gate (C, 1, 1) or a mask (1, H, W)."""
    return apply(Multiply(), x, y, name=name)
