"""Numbers above a threshold, and another number in the place of the rest: a rectifier that begins later."""

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


@dataclass(frozen=True)
class Threshold(Elementwise):
    """x where it is above the threshold, else `otherwise`; it jumps where these are not the same number."""

    kind: ClassVar[str] = "threshold"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.threshold(x, 0.3),
        lambda x, op: op.threshold(x, -0.5, -0.1),
        of_vector(lambda x, op: op.threshold(x, 0.01, 2.0)),
    )
    threshold: float
    otherwise: float = 0.0

    def shape(self, *inputs: Shape) -> Shape:
        if not math.isfinite(self.threshold) or not math.isfinite(self.otherwise):
            raise SpecError(f"a threshold and what is in its place are numbers, not {self.threshold}, {self.otherwise}")
        return super().shape(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.where(x > self.threshold, x, np.asarray(self.otherwise, x.dtype))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        above = g.add("Greater", *inputs, g.constant(self.threshold))
        return g.add("Where", above, *inputs, g.constant(self.otherwise))


def threshold(x: Value, threshold: float, otherwise: float = 0.0, *, name: str | None = None) -> Value:
    """Keep each number that is above the threshold, and put another in the place of the rest."""
    return apply(Threshold(threshold, otherwise), x, name=name)
