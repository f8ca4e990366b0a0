"""Each number to a fixed power: square roots and reciprocals, as normalisations that are written out have them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise

IN_ONNX = {0.5: ("Sqrt",), -0.5: ("Sqrt", "Reciprocal"), -1.0: ("Reciprocal",)}


@dataclass(frozen=True)
class Power(Elementwise):
    """x ** exponent; of numbers below zero only where the exponent is a whole number."""

    kind: ClassVar[str] = "power"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.power(op.sigmoid(x), 0.5),
        lambda x, op: x * op.power(op.rescale(op.channel_reduce(x * x), 1.0, 1e-3), -0.5),
        lambda x, op: op.power(op.sigmoid(x), -1.0),
        lambda x, op: op.power(x, 3.0),
        of_vector(lambda x, op: op.power(op.sigmoid(x), 1.7)),
    )
    exponent: float

    def shape(self, *inputs: Shape) -> Shape:
        if not math.isfinite(self.exponent):
            raise SpecError(f"the exponent of a power is a number, not {self.exponent}")
        return super().shape(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] ** self.exponent

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        (x,) = inputs
        if self.exponent not in IN_ONNX:
            return g.add("Pow", x, g.constant(self.exponent))
        for kind in IN_ONNX[self.exponent]:
            x = g.add(kind, x)
        return x


def power(x: Value, exponent: float, *, name: str | None = None) -> Value:
    """Raise each number to a power: 0.5 is a square root, -1 a reciprocal."""
    return apply(Power(exponent), x, name=name)
