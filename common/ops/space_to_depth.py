"""Squares of a map become channels; the frameworks and YOLOv5 put those in different orders of equal shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example

Order = Literal["torch", "tf", "focus"]


@dataclass(frozen=True)
class SpaceToDepth(Op):
    """(C, H, W) -> (C * block**2, H / block, W / block).

    Input channel c at row i and column j of its square becomes channel c * block**2 + i * block + j ("torch", as
    nn.PixelUnshuffle), (i * block + j) * C + c ("tf", as tf.nn.space_to_depth) or (j * 2 + i) * C + c ("focus", as
    the stem of YOLOv5, which has blocks of 2).
    """

    kind: ClassVar[str] = "space_to_depth"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.space_to_depth(op.resize(x, scale=2)),
        lambda x, op: op.space_to_depth(op.resize(x, scale=3), 3, "tf"),
        lambda x, op: op.space_to_depth(op.resize(x, scale=2), order="focus"),
        lambda x, op: op.space_to_depth(op.pad(op.resize(x, scale=2), 1), order="tf"),
    )
    block: int = 2
    order: Order = "torch"

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"space to depth takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.order not in ("torch", "tf", "focus") or (self.order == "focus" and self.block != 2):
            raise SpecError(f"the order is 'torch', 'tf' or (at block 2) 'focus', not {self.order!r} at {self.block}")
        if self.block < 1 or x[1] % self.block or x[2] % self.block:
            raise SpecError(f"squares of {self.block} do not tile a map of {x[1]} x {x[2]}")
        return (x[0] * (self.block * self.block), x[1] // self.block, x[2] // self.block)

    def window(self, *inputs: Shape) -> tuple[tuple[int, int], tuple[float, float]]:
        return (self.block, self.block), (float(self.block), float(self.block))

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,), b = arrays, self.block
        n, c, h, w = x.shape
        squares = x.reshape(n, c, h // b, b, w // b, b)  # N C H i W j
        order = {"torch": (0, 1, 3, 5, 2, 4), "tf": (0, 3, 5, 1, 2, 4), "focus": (0, 5, 3, 1, 2, 4)}[self.order]
        return squares.transpose(order).reshape(n, c * b * b, h // b, w // b)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        y = g.add("SpaceToDepth", *inputs, blocksize=self.block)
        if self.order == "tf":
            return y
        squares = np.arange(g.node.shape[0]).reshape(self.block, self.block, -1)  # i j C, the order of ONNX
        order = squares.transpose((2, 0, 1) if self.order == "torch" else (1, 0, 2)).ravel()
        return g.add("Gather", y, g.integers(*order), axis=1)


def space_to_depth(x: Value, block: int = 2, order: Order = "torch", *, name: str | None = None) -> Value:
    """Turn each square of block x block numbers of a map into channels."""
    return apply(SpaceToDepth(block, order), x, name=name)
