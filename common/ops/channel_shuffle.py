"""Channel shuffle (Zhang et al. 2017, ShuffleNet, section 3.1)."""

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
class ChannelShuffle(Op):
    """Channels in groups, (groups, C / groups), are read the other way round, (C / groups, groups)."""

    kind: ClassVar[str] = "channel_shuffle"
    examples: ClassVar[tuple[Example, ...]] = (
        lambda x, op: op.channel_shuffle(x, 2),
        lambda x, op: op.channel_shuffle(op.conv(x, 12, 1), 3),
        lambda x, op: op.channel_shuffle(op.conv(x, 12, 1), 4),
    )
    role: ClassVar[Role] = "follower"
    groups: int

    def shape(self, *inputs: Shape) -> Shape:
        (x,) = inputs
        if len(x) != 3:
            raise SpecError(f"a channel shuffle takes a map (C, H, W), not a vector of {int(x[0])}")
        if self.groups < 1 or x[0] % self.groups:
            raise SpecError(f"{int(x[0])} channels do not split into {int(self.groups)} equal groups")
        return x

    def run(self, *arrays: Array, **weights: Array) -> Array:
        (x,) = arrays
        n, c, h, w = x.shape
        return x.reshape(n, self.groups, c // self.groups, h, w).swapaxes(1, 2).reshape(n, c, h, w)

    def onnx(self, g: Graph, *inputs: str, **weights: str) -> str:
        channels = g.node.in_shapes[0][0]
        order = np.arange(channels).reshape(self.groups, -1).T.ravel()
        return g.add("Gather", *inputs, g.integers(*order), axis=1)


def channel_shuffle(x: Value, groups: int, *, name: str | None = None) -> Value:
    """Deal the channels of each of the groups out to all of them."""
    return apply(ChannelShuffle(groups), x, name=name)
