"""Logistic function."""

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
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x))."""

    kind: ClassVar[str] = "sigmoid"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.sigmoid(x),
        lambda x, op: op.sigmoid(op.rescale(x, 300.0)),
        of_vector(lambda x, op: op.sigmoid(x)),
    )

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(np.exp(-np.logaddexp(0, -arrays[0])))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Sigmoid", *inputs)


def sigmoid(x: Value, *, name: str | None = None) -> Value:
    """Squash a map or a vector to 0 ... 1."""
    return apply(Sigmoid(), x, name=name)
