"""Hyperbolic tangent."""

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
class Tanh(Elementwise):
    """tanh(x)."""

    kind: ClassVar[str] = "tanh"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.tanh(x),
        of_vector(lambda x, op: op.tanh(x)),
    )

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.tanh(arrays[0])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Tanh", *inputs)


def tanh(x: Value, *, name: str | None = None) -> Value:
    """Squash a map or a vector to -1 ... 1."""
    return apply(Tanh(), x, name=name)
