"""The maximum of each channel over the whole map."""

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
class GlobalMaxPool(Op):
    """(C, H, W) -> (C,); where several places are the maximum, each has its share of the gradient."""

    kind: ClassVar[str] = "global_max_pool"
    examples: ClassVar[tuple[Example, ...]] = (lambda x, op: op.global_max_pool(x),)
    title: ClassVar[str] = "global max pool"
    role: ClassVar[Role] = "head"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"global pooling takes a map (C, H, W), not a vector of {int(x[0])}")
        return (x[0],)

    def window(self, *inputs: Shape) -> None:
        return None

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(arrays[0].max(axis=(2, 3)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Flatten", g.add("GlobalMaxPool", *inputs), axis=1)


def global_max_pool(x: Value, *, name: str | None = None) -> Value:
    """Take the maximum of each channel of a map (C, H, W), as a vector (C,)."""
    return apply(GlobalMaxPool(), x, name=name)
