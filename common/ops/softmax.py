"""Softmax over the channels of a map, or over a vector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role, of_vector


@dataclass(frozen=True)
class Softmax(Op):
    """exp(x) / sum(exp(x)), the sum over channels."""

    kind: ClassVar[str] = "softmax"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.softmax(x),
        lambda x, op: op.softmax(op.rescale(x, 300.0)),
        of_vector(lambda x, op: op.softmax(x)),
    )
    role: ClassVar[Role] = "follower"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("softmax over a flattened map mixes channels with places; take the softmax of the map")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        powers = np.exp(arrays[0] - arrays[0].max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Softmax", *inputs, axis=1)


def softmax(x: Value, *, name: str | None = None) -> Value:
    """Turn the channels of a map, or a vector, into positive numbers of sum 1."""
    return apply(Softmax(), x, name=name)
