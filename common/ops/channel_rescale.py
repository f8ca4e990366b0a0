"""Multiplication of each channel by a constant of its own."""

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
class ChannelRescale(Op):
    """y[c] = x[c] * factors[c], all of them fixed."""

    kind: ClassVar[str] = "channel_rescale"
    examples: ClassVar[tuple[Example, ...]] = (lambda x, op: op.channel_rescale(x, (2.1, -0.7, 1 / 3, 5.0)),)
    role: ClassVar[Role] = "follower"
    inplace: ClassVar[bool] = True
    factors: tuple[float, ...]

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3 or len(self.factors) != x[0]:
            raise SpecError(f"{len(self.factors)} factors take a map of as many channels, not {tuple(map(int, x))}")
        return x

    def run(self, *arrays: Array, **weights: Array) -> Array:
        return np.asarray(arrays[0] * np.array(self.factors, arrays[0].dtype)[:, None, None])

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        return g.add("Mul", *inputs, g.constant(np.reshape(self.factors, (-1, 1, 1))))


def channel_rescale(x: Value, factors: tuple[float, ...], *, name: str | None = None) -> Value:
    """Multiply channel c of a map (C, H, W) by factors[c]."""
    return apply(ChannelRescale(tuple(factors)), x, name=name)
