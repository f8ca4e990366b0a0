"""Euclidean radial basis functions, the output layer of LeNet-5 (LeCun et al. 1998, equation 7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape, Weight
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class Rbf(Op):
    """y[j] = sum over i of (x[i] - prototypes[j, i])**2, with fixed prototypes of -1 and 1: small is near."""

    kind: ClassVar[str] = "rbf"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.rbf(op.global_avg_pool(x), 5),
        lambda x, op: op.rbf(op.scaled_tanh(op.linear(op.flatten(x), 7)), 3),
    )
    title: ClassVar[str] = "RBF"
    role: ClassVar[Role] = "weighted"
    prototypes: int

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 1:
            raise SpecError(f"radial basis functions take a vector, not a map {tuple(map(int, x))}; flatten it first")
        return (self.prototypes,)

    def flattened(self, *orders: Shape | None) -> None:
        if orders[0] is not None:
            raise SpecError("a flattened map has another order in each framework; put a linear layer in between")

    def weights(self, *inputs: Shape) -> tuple[Weight, ...]:
        return (Weight("prototypes", (self.prototypes, inputs[0][0]), "O I", kind="buffer", init="signs"),)

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(((arrays[0][:, None] - weights["prototypes"]) ** 2).sum(axis=2))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        apart = g.add("Sub", g.add("Unsqueeze", *inputs, g.integers(1)), weights["prototypes"])
        return g.add("ReduceSum", g.add("Mul", apart, apart), g.integers(2), keepdims=0)


def rbf(x: Value, classes: int, *, name: str | None = None, owner: str = "") -> Value:
    """Map a vector (F,) to its squared distances from the prototypes of (classes,)."""
    return apply(Rbf(classes), x, name=name, owner=owner)
