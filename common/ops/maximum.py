"""The larger of two numbers at each place: of the same shape, or of maps of which one is spread over the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector
from ._broadcast import broadcast


@dataclass(frozen=True)
class Maximum(Op):
    """max(x, y), where a length of 1 is spread."""

    kind: ClassVar[str] = "maximum"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.maximum(x, op.tanh(op.conv(x, 4, 3, pad=1))),
        lambda x, op: op.maximum(x, op.adaptive_avg_pool(x, 1)),
        of_vector(lambda x, op: op.maximum(op.linear(x, 4), x)),
    )
    role: ClassVar[Role] = "join"
    elementwise: ClassVar[bool] = True

    def shape(self, *inputs: Shape) -> Shape:
        x, y = inputs
        return broadcast(x, y, "compare", "with")

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] != orders[1]:
            raise SpecError(f"cannot compare vectors flattened from {orders[0]} and {orders[1]}: their orders differ")
        return orders[0]

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(np.maximum(*arrays))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Max", *inputs)


def maximum(x: Value, y: Value, *, name: str | None = None) -> Value:
    """The larger of two values at each place."""
    return apply(Maximum(), x, y, name=name)
