"""Rectified linear unit that stops at 6 (Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10)."""

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
class Relu6(Elementwise):
    """min(max(x, 0), 6)."""

    kind: ClassVar[str] = "relu6"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.relu6(op.rescale(x, 5.0)),
        lambda x, op: op.relu6(x),
        of_vector(lambda x, op: op.relu6(x)),
    )
    title: ClassVar[str] = "ReLU6"
    overwrites: ClassVar[bool] = True
    positive: ClassVar[bool] = True

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.clip(arrays[0], 0, 6)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Clip", *inputs, g.constant(0), g.constant(6))


def relu6(x: Value, *, name: str | None = None) -> Value:
    """Clip a map or a vector to 0 ... 6."""
    return apply(Relu6(), x, name=name)
