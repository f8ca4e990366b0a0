"""Scaled hyperbolic tangent (LeCun et al. 1998, Gradient-Based Learning, equation 6 and appendix A)."""

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
class ScaledTanh(Elementwise):
    """amplitude * tanh(slope * x); with the constants of the paper f(1) = 1 and f(-1) = -1."""

    kind: ClassVar[str] = "scaled_tanh"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.scaled_tanh(x),
        lambda x, op: op.scaled_tanh(x, 2.0, 0.3),
        of_vector(lambda x, op: op.scaled_tanh(x)),
    )
    amplitude: float = 1.7159
    slope: float = 2 / 3

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(self.amplitude * np.tanh(self.slope * arrays[0]))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        inner = g.add("Tanh", g.add("Mul", *inputs, g.constant(self.slope)))
        return g.add("Mul", inner, g.constant(self.amplitude))


def scaled_tanh(x: Value, amplitude: float = 1.7159, slope: float = 2 / 3, *, name: str | None = None) -> Value:
    """Squash a map or a vector to -amplitude ... amplitude."""
    return apply(ScaledTanh(amplitude, slope), x, name=name)
