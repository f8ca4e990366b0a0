"""Parametric rectified linear unit (He et al. 2015, equation 1), with one slope for each channel or one for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role, of_vector
from ._normal import wide


@dataclass(frozen=True)
class PRelu(Op):
    """x above zero, weight * x below; the weight is (C,), or (1,) where it is `shared`."""

    kind: ClassVar[str] = "prelu"
    class_note: ClassVar[str] = "Keras is told which axes share a slope, of which a vector has others"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.prelu(x),
        lambda x, op: op.prelu(x, shared=True),
        of_vector(lambda x, op: op.prelu(x)),
        of_vector(lambda x, op: op.prelu(x, shared=True)),
    )
    title: ClassVar[str] = "PReLU"
    role: ClassVar[Role] = "follower"
    shared: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def flattened(self, *orders: Shape | None) -> Shape | None:
        if orders[0] is not None and not self.shared:
            raise SpecError("a flattened map has another order in each framework; apply it to the map, then flatten")
        return orders[0]

    def class_key(self, *inputs: Shape) -> tuple[bool]:
        return (len(inputs[0]) == 1,)

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("weight", (1,) if self.shared else inputs[0][:1], "C", init="quarter"),)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.where(x > 0, x, wide(weights["weight"], x) * x)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        slope = weights["weight"]
        if len(g.node.shape) == 3:
            slope = g.add("Unsqueeze", slope, g.integers(1, 2))
        return g.add("PRelu", *inputs, slope)


def prelu(x: Value, shared: bool = False, *, name: str | None = None, owner: str = "") -> Value:
    """Multiply what is below zero by a trainable slope, of each channel or one for all."""
    return apply(PRelu(shared), x, name=name, owner=owner)
