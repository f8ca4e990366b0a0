"""A vector as a map of one place, such as a gate that is spread over another map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example


@dataclass(frozen=True)
class ToMap(Op):
    """(F,) -> (F, 1, 1)."""

    kind: ClassVar[str] = "to_map"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: x * op.to_map(op.sigmoid(op.linear(op.global_avg_pool(x), 4))),
        lambda x, op: op.to_map(op.global_avg_pool(x)),
    )
    title: ClassVar[str] = "vector as a map"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 1:
            raise SpecError(f"what becomes a map is a vector, not a map {tuple(map(int, x))}")
        return (x[0], 1, 1)

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework, and no channels to make a map of")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0][:, :, None, None]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Unsqueeze", *inputs, g.integers(2, 3))


def to_map(x: Value, *, name: str | None = None) -> Value:
    """A vector (F,) as a map (F, 1, 1)."""
    return apply(ToMap(), x, name=name)
