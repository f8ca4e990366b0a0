"""Multiplication by a constant and addition of another, such as the 0.17 of a scaled residual branch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class Rescale(Elementwise):
    """x * factor + offset, both fixed."""

    kind: ClassVar[str] = "rescale"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.rescale(x, 0.17),
        lambda x, op: op.rescale(x, -1 / 3, 0.7),
        lambda x, op: op.rescale(x, 2 / 3) + x,
        of_vector(lambda x, op: op.rescale(x, 1.0, -0.1)),
    )
    takes_pixels: ClassVar[bool] = True
    factor: float
    offset: float = 0.0

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0] * self.factor + self.offset

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        scaled = g.add("Mul", *inputs, g.constant(self.factor))
        return g.add("Add", scaled, g.constant(self.offset)) if self.offset else scaled


def rescale(x: Value, factor: float, offset: float = 0.0, *, name: str | None = None) -> Value:
    """Multiply by a constant and add another."""
    return apply(Rescale(factor, offset), x, name=name)
