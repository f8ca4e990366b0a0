"""What is inside a frame of a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ..errors import SpecError
from ..geometry import Pads, Pair, padding
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example


@dataclass(frozen=True)
class Crop(Op):
    """Without the first and last rows and columns, of which `cuts` are (top, bottom, left, right)."""

    kind: ClassVar[str] = "crop"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.crop(x, 1),
        lambda x, op: op.crop(x, (0, 2, 1, 0)) + op.crop(op.tanh(x), (1, 1, 0, 1)),
    )
    cuts: Pads

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"what is cropped is a map (C, H, W), not a vector of {int(x[0])}")
        if min(self.cuts) < 0:
            raise SpecError(f"what is cut off is not negative, as in {self.cuts}")
        top, bottom, left, right = self.cuts
        if top + bottom >= x[1] or left + right >= x[2]:
            raise SpecError(f"{self.cuts} leave nothing of a map of {int(x[1])} x {int(x[2])}")
        return (x[0], x[1] - top - bottom, x[2] - left - right)

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), (top, bottom, left, right) = arrays, self.cuts
        return x[:, :, top : x.shape[2] - bottom, left : x.shape[3] - right]

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        (_, height, width), (top, bottom, left, right) = g.node.in_shapes[0], self.cuts
        ends = g.integers(height - bottom, width - right)
        return g.add("Slice", *inputs, g.integers(top, left), ends, g.integers(2, 3))


def crop(x: Value, cuts: int | Pair | Pads, *, name: str | None = None) -> Value:
    """Cut off rows and columns: one number, (height, width) or (top, bottom, left, right)."""
    explicit = padding(cuts)
    if explicit == "same":
        raise SpecError("'same' belongs to an op with a kernel; crop takes numbers")
    return apply(Crop(explicit), x, name=name)
