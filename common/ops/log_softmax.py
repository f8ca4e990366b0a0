"""The logarithm of a softmax, which stays a number where the softmax itself is rounded to zero."""

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
class LogSoftmax(Op):
    """x - log(sum(exp(x))), with the sum over the channels at each place of a map, or of a vector."""

    kind: ClassVar[str] = "log_softmax"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.log_softmax(x),
        lambda x, op: op.log_softmax(op.rescale(x, 3000.0)),
        of_vector(lambda x, op: op.log_softmax(x)),
    )
    role: ClassVar[Role] = "follower"

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("softmax over a flattened map mixes channels with places; take the softmax of the map")

    def run(self, *arrays: Array, **weights: Array) -> Array:
        apart = arrays[0] - arrays[0].max(axis=1, keepdims=True)
        return np.asarray(apart - np.log(np.exp(apart).sum(axis=1, keepdims=True)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("LogSoftmax", *inputs, axis=1)


def log_softmax(x: Value, *, name: str | None = None) -> Value:
    """Turn the channels of a map, or a vector, into logarithms of positive numbers of sum 1."""
    return apply(LogSoftmax(), x, name=name)
