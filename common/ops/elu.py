"""Exponential linear unit (Clevert et al. 2016, equation 15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class Elu(Elementwise):
    """x above zero, alpha * (exp(x) - 1) below."""

    kind: ClassVar[str] = "elu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.elu(x),
        lambda x, op: op.elu(x, 0.3),
        of_vector(lambda x, op: op.elu(x)),
    )
    title: ClassVar[str] = "ELU"
    alpha: float = 1.0

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not g.double or self.alpha == float(np.float32(self.alpha)):
            return g.add("Elu", *inputs, alpha=self.alpha)
        below = g.add("Mul", g.add("Elu", *inputs, alpha=1.0), g.constant(self.alpha))
        return g.add("Where", g.add("Greater", *inputs, g.constant(0)), *inputs, below)


def elu(x: Value, alpha: float = 1.0, *, name: str | None = None) -> Value:
    """Let what is below zero come to rest at -alpha."""
    return apply(Elu(alpha), x, name=name)
