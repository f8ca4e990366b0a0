"""Dropout (Srivastava et al. 2014); only the rate is common, as the masks of two frameworks cannot be matched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Shape
from ..trace import Value, apply
from ..traits import Example, of_vector
from ._elementwise import Elementwise


@dataclass(frozen=True)
class Dropout(Elementwise):
    """The identity in evaluation; in training, zeros at the rate and everything else divided by 1 - rate."""

    kind: ClassVar[str] = "dropout"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.dropout(x, 0.5),
        of_vector(lambda x, op: op.dropout(x, 0.0)),
    )
    idle: ClassVar[bool] = True
    rate: float

    def shape(self, *inputs: Shape) -> Shape:
        if not 0 <= self.rate < 1:
            raise SpecError(f"a dropout rate is at least 0 and below 1, not {self.rate}")
        return inputs[0]

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return arrays[0]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return inputs[0]


def dropout(x: Value, rate: float, *, name: str | None = None) -> Value:
    """Drop numbers at this rate while training."""
    return apply(Dropout(rate), x, name=name)
