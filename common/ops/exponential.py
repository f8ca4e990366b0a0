"""The exponential of each number, as outputs that are rates or sizes have it (Redmon & Farhadi 2017, section 2)."""

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
class Exponential(Elementwise):
    """exp(x)."""

    kind: ClassVar[str] = "exponential"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.exponential(op.tanh(x)),
        of_vector(lambda x, op: op.exponential(x)),
    )
    positive: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.exp(arrays[0])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Exp", *inputs)


def exponential(x: Value, *, name: str | None = None) -> Value:
    """Take the exponential of each number."""
    return apply(Exponential(), x, name=name)
