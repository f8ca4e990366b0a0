"""Flatten a map to a vector: in (C, H, W) order in torch, in (H, W, C) order in Keras; the spec remembers which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class Flatten(Op):
    """(C, H, W) -> (C * H * W,), with the map's shape kept as the fold of the vector."""

    kind: ClassVar[str] = "flatten"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.linear(op.flatten(x), 3),
        lambda x, op: op.linear(op.dropout(op.relu(op.flatten(x)), 0.5), 3),
    )
    role: ClassVar[Role] = "head"
    inplace: ClassVar[bool] = True
    folded: Shape

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"flatten takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.folded != x:
            raise SpecError(f"it flattens a map {tuple(map(int, self.folded))}, not {tuple(map(int, x))}")
        return (x[0] * (x[1] * x[2]),)

    def flattened(self, *orders: Shape | None) -> Shape | None:
        return self.folded if self.folded[1] * self.folded[2] > 1 else None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0].reshape(arrays[0].shape[0], -1)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Flatten", *inputs, axis=1)


def flatten(x: Value, *, name: str | None = None) -> Value:
    """Flatten a map (C, H, W) to a vector (C * H * W,)."""
    return apply(Flatten(x.shape), x, name=name)
