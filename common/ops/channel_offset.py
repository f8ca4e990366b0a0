"""A constant of its own added to each channel, such as the means that are taken off an image."""

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
class ChannelOffset(Op):
    """y[c] = x[c] + offsets[c], all of them fixed."""

    kind: ClassVar[str] = "channel_offset"
    examples: ClassVar[tuple[Example, ...]] = (lambda x, op: op.channel_offset(x, (2.1, -0.7, 1 / 3, 5.0)),)
    role: ClassVar[Role] = "follower"
    inplace: ClassVar[bool] = True
    offsets: tuple[float, ...]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3 or len(self.offsets) != x[0]:
            raise SpecError(f"{len(self.offsets)} offsets take a map of as many channels, not {tuple(map(int, x))}")
        return x

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(arrays[0] + np.array(self.offsets, arrays[0].dtype)[:, None, None])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Add", *inputs, g.constant(np.reshape(self.offsets, (-1, 1, 1))))


def channel_offset(x: Value, offsets: tuple[float, ...], *, name: str | None = None) -> Value:
    """Add offsets[c] to channel c of a map (C, H, W)."""
    return apply(ChannelOffset(tuple(offsets)), x, name=name)
