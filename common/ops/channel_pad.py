"""Channels of zeros around those of a map: shortcuts without weights, of a wider map (He et al. 2016, option A)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..errors import SpecError
from ..onnx_graph import Graph
from ..spec import Array, Op, Shape
from ..trace import Value, apply
from ..traits import Example


@dataclass(frozen=True)
class ChannelPad(Op):
    """`before` channels of zeros, those of the map, and `after` more of zeros."""

    kind: ClassVar[str] = "channel_pad"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.channel_pad(x, 2, 1),
        lambda x, op: op.channel_pad(x, 0, 3),
        lambda x, op: op.conv(x, 8, 1) + op.channel_pad(x, 2, 2),
    )
    before: int
    after: int

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"channels are padded of a map (C, H, W), not of a vector of {int(x[0])}")
        if min(self.before, self.after) < 0:
            raise SpecError(f"channels of zeros are not negative, as in {int(self.before)} and {int(self.after)}")
        return (self.before + x[0] + self.after, *x[1:])

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.pad(arrays[0], ((0, 0), (self.before, self.after), (0, 0), (0, 0)))

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Pad", *inputs, g.integers(self.before, self.after), g.constant(0), g.integers(1), mode="constant")


def channel_pad(x: Value, before: int, after: int, *, name: str | None = None) -> Value:
    """Put channels of zeros before and after those of a map."""
    return apply(ChannelPad(before, after), x, name=name)
