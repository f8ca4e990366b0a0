"""Gaussian error linear unit (Hendrycks & Gimpel 2016), exact or in its tanh form, the default of keras.ops.

TensorFlow's own makes a float32 number of the square root of 1/2 at any dtype:
https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/python/ops/nn_ops.py (gelu, math_ops.cast).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise

ROOT = 0.5**0.5, 0.7071067690849304
"""The constant of the exact form, and what TensorFlow makes of it, in float32."""


@dataclass(frozen=True)
class Gelu(Elementwise):
    """x * Phi(x); `approximate` takes 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) instead.

    `rounded` is the exact form of TensorFlow and Keras, whose constant is a float32 number in float64, too.
    """

    kind: ClassVar[str] = "gelu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.gelu(x),
        lambda x, op: op.gelu(x, approximate=True),
        of_vector(lambda x, op: op.gelu(x)),
        lambda x, op: op.gelu(x, rounded=True),
    )
    title: ClassVar[str] = "GELU"
    approximate: bool = False
    rounded: bool = False

    def shape(self, *inputs: Shape) -> Shape:
        if self.rounded and self.approximate:
            raise SpecError("the tanh form of GELU is not rounded")
        return super().shape(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        if self.approximate:
            return np.asarray(0.5 * x * (1 + np.tanh((2 / math.pi) ** 0.5 * (x + 0.044715 * x**3))))
        erf = np.frompyfunc(math.erf, 1, 1)
        return np.asarray(0.5 * x * (1 + np.asarray(erf(x * ROOT[self.rounded]), x.dtype)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if g.double and not self.approximate:
            # ONNX defines Gelu by operators whose constants are float32.
            part = g.add("Erf", g.add("Mul", *inputs, g.constant(ROOT[self.rounded])))
            return g.add("Mul", g.add("Mul", *inputs, g.constant(0.5)), g.add("Add", part, g.constant(1)))
        if g.double:
            cubic = g.add("Mul", g.add("Pow", *inputs, g.constant(3)), g.constant(0.044715))
            inner = g.add("Mul", g.add("Add", *inputs, cubic), g.constant((2 / math.pi) ** 0.5))
            part = g.add("Add", g.add("Tanh", inner), g.constant(1))
            return g.add("Mul", g.add("Mul", *inputs, g.constant(0.5)), part)
        return g.add("Gelu", *inputs, approximate="tanh" if self.approximate else "none")


def gelu(x: Value, approximate: bool = False, rounded: bool = False, *, name: str | None = None) -> Value:
    """Multiply each number by the normal distribution function at it."""
    return apply(Gelu(approximate, rounded), x, name=name)
