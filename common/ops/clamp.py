"""Numbers held between two bounds, such as those of a hard tanh."""

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
class Clamp(Elementwise):
    """min(max(x, low), high), where None is no bound."""

    kind: ClassVar[str] = "clamp"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.clamp(x, -1.0, 0.3),
        lambda x, op: op.clamp(x, high=0.5),
        of_vector(lambda x, op: op.clamp(x, low=-0.1)),
    )
    low: float | None = None
    high: float | None = None

    def shape(self, *inputs: Shape) -> Shape:
        if self.low is None and self.high is None:
            raise SpecError("a clamp has at least one bound")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SpecError(f"the bounds of a clamp are in order, not {self.low} and {self.high}")
        return super().shape(*inputs)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        return np.asarray(np.clip(x, self.low, self.high), x.dtype)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        low, high = ("" if bound is None else g.constant(bound) for bound in (self.low, self.high))
        return g.add("Clip", *inputs, low, high)


def clamp(x: Value, low: float | None = None, high: float | None = None, *, name: str | None = None) -> Value:
    """Hold each number between the bounds that are given."""
    return apply(Clamp(low, high), x, name=name)
