"""Rectified linear unit: max(x, 0)."""

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
class Relu(Elementwise):
    """max(x, 0)."""

    kind: ClassVar[str] = "relu"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.relu(x),
        of_vector(lambda x, op: op.relu(x)),
    )
    title: ClassVar[str] = "ReLU"
    overwrites: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.maximum(arrays[0], 0)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Relu", *inputs)


def relu(x: Value, *, name: str | None = None) -> Value:
    """Clip a map or a vector at zero from below."""
    return apply(Relu(), x, name=name)
