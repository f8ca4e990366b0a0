"""Rectified linear unit that stops at 6 (Krizhevsky 2010, Convolutional Deep Belief Networks on CIFAR-10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..onnx_graph import Graph
from ..spec import Array
from ..trace import Value, apply
from ._elementwise import Elementwise


@dataclass(frozen=True)
class Relu6(Elementwise):
    """min(max(x, 0), 6)."""

    kind: ClassVar[str] = "relu6"
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
