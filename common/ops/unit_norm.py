"""The channels over their Euclidean norm, as embeddings that are compared by their angle have it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector
from ._normal import check_eps


@dataclass(frozen=True)
class UnitNorm(Op):
    """y = x / max(sqrt(sum(x**2)), eps), over the channels at each place of a map, or of a vector."""

    kind: ClassVar[str] = "unit_norm"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.unit_norm(x),
        lambda x, op: op.unit_norm(x, eps=1.7),
        of_vector(lambda x, op: op.unit_norm(x)),
        lambda x, op: op.linear(op.unit_norm(op.flatten(x)), 3),
    )
    title: ClassVar[str] = "L2 norm"
    role: ClassVar[Role] = "follower"
    eps: float = 1e-12

    def shape(self, *inputs: Shape) -> Shape:
        check_eps(self.eps)
        return inputs[0]

    def flattened(self, *orders: Shape | None) -> Shape | None:
        return orders[0]

    def summands(self, *inputs: int) -> int:
        return 1

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.asarray(x / np.maximum(np.sqrt((x * x).sum(axis=1, keepdims=True)), self.eps))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        norm = g.add("ReduceL2", *inputs, g.integers(1), keepdims=1)
        return g.add("Div", *inputs, g.add("Max", norm, g.constant(self.eps)))


def unit_norm(x: Value, *, eps: float = 1e-12, name: str | None = None) -> Value:
    """Divide the channels at each place of a map, or a vector, by their Euclidean norm."""
    return apply(UnitNorm(eps), x, name=name)
