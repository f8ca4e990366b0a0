"""Softplus (Dugas et al. 2001), a smooth ReLU; PyTorch hands large numbers on as they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class Softplus(Elementwise):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above the threshold."""

    kind: ClassVar[str] = "softplus"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.softplus(x),
        lambda x, op: op.softplus(x, 0.5, 1.0),
        of_vector(lambda x, op: op.softplus(x)),
    )
    beta: float = 1.0
    threshold: float = 20.0

    def shape(self, *inputs: Shape) -> Shape:
        if self.beta <= 0:
            raise SpecError(f"the beta of a softplus is above zero, not {self.beta}")
        return super().shape(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        scaled = self.beta * x
        return np.where(scaled > self.threshold, x, np.logaddexp(0, scaled).astype(x.dtype) / self.beta)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        scaled = g.add("Mul", *inputs, g.constant(self.beta))
        soft = g.add("Div", g.add("Softplus", scaled), g.constant(self.beta))
        return g.add("Where", g.add("Greater", scaled, g.constant(self.threshold)), *inputs, soft)


def softplus(x: Value, beta: float = 1.0, threshold: float = 20.0, *, name: str | None = None) -> Value:
    """Take the softplus of each number."""
    return apply(Softplus(beta, threshold), x, name=name)
