"""Scaled exponential linear unit (Klambauer et al. 2017, equation 2), with the constants of its appendix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise

ALPHA = 1.6732632423543772848170429916717
SCALE = 1.0507009873554804934193349852946


@dataclass(frozen=True)
class Selu(Elementwise):
    """scale * x above zero, scale * alpha * (exp(x) - 1) below."""

    kind: ClassVar[str] = "selu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.selu(x),
        of_vector(lambda x, op: op.selu(x)),
    )
    title: ClassVar[str] = "SELU"

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.where(x > 0, SCALE * x, SCALE * ALPHA * np.expm1(np.minimum(x, 0)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not g.double:
            return g.add("Selu", *inputs, alpha=ALPHA, gamma=SCALE)
        below = g.add("Mul", g.add("Elu", *inputs, alpha=1.0), g.constant(ALPHA))
        whole = g.add("Where", g.add("Greater", *inputs, g.constant(0)), *inputs, below)
        return g.add("Mul", whole, g.constant(SCALE))


def selu(x: Value, *, name: str | None = None) -> Value:
    """Scale each number, and let what is below zero come to rest."""
    return apply(Selu(), x, name=name)
