"""Leaky rectified linear unit; the slope is always given, as torch, Keras and Darknet have 0.01, 0.3 and 0.1."""

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
class LeakyRelu(Elementwise):
    """x above zero, slope * x below."""

    kind: ClassVar[str] = "leaky_relu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.leaky_relu(x),
        lambda x, op: op.leaky_relu(x, 0.1),
        of_vector(lambda x, op: op.leaky_relu(x, 0.3)),
    )
    title: ClassVar[str] = "leaky ReLU"
    overwrites: ClassVar[bool] = True
    slope: float = 0.01

    def may_overwrite(self) -> bool:
        # The gradient of a leaky ReLU that wrote over its input is read off the sign of the output.
        return self.slope >= 0

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.where(x > 0, x, self.slope * x)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        if not g.double:
            return g.add("LeakyRelu", *inputs, alpha=self.slope)
        return g.add("PRelu", *inputs, g.constant(np.full(1, self.slope)))


def leaky_relu(x: Value, slope: float = 0.01, *, name: str | None = None) -> Value:
    """Multiply what is below zero by the slope."""
    return apply(LeakyRelu(slope), x, name=name)
