"""The mean of each channel over the whole map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example, Role


@dataclass(frozen=True)
class GlobalAvgPool(Op):
    """(C, H, W) -> (C,)."""

    kind: ClassVar[str] = "global_avg_pool"
    examples: ClassVar[tuple[Example, ...]] = (lambda x, op: op.global_avg_pool(x),)
    title: ClassVar[str] = "global average pool"
    role: ClassVar[Role] = "head"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"global pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        return (x[0],)

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(arrays[0].mean(axis=(2, 3)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Flatten", g.add("GlobalAveragePool", *inputs), axis=1)


def global_avg_pool(x: Value, *, name: str | None = None) -> Value:
    """Average a map (C, H, W) to a vector (C,)."""
    return apply(GlobalAvgPool(), x, name=name)
