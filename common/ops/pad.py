"""A frame of one constant around a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..geometry import Pads, Pair, padding
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example


@dataclass(frozen=True)
class Pad(Op):
    """`pads` are (top, bottom, left, right)."""

    kind: ClassVar[str] = "pad"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.pad(x, 1),
        lambda x, op: op.pad(x, (1, 0, 2, 3)),
        lambda x, op: op.pad(x, (1, 2), -1.5),
    )
    pads: Pads
    value: float = 0.0

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"padding takes a map (C, H, W), not a vector of {int(x[0])}")
        if min(self.pads) < 0:
            raise SpecError(f"pads are not negative, as in {self.pads}")
        top, bottom, left, right = self.pads
        return (x[0], x[1] + top + bottom, x[2] + left + right)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        top, bottom, left, right = self.pads
        return np.pad(arrays[0], ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=self.value)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        top, bottom, left, right = self.pads
        pads = g.integers(top, left, bottom, right)
        return g.add("Pad", *inputs, pads, g.constant(self.value), g.integers(2, 3), mode="constant")


def pad(x: Value, pads: int | Pair | Pads, value: float = 0.0, *, name: str | None = None) -> Value:
    """Surround a map with a constant; the pads are one number, (height, width) or (top, bottom, left, right)."""
    explicit = padding(pads)
    if explicit == "same":
        raise SpecError("'same' belongs to an op with a kernel; pad takes numbers")
    return apply(Pad(explicit, value), x, name=name)
