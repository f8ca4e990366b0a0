"""Channel shuffle as nn.ChannelShuffle."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.spec import Shape


def channel_shuffle(op: ChannelShuffle, x: Shape) -> Lowering:
    """nn.ChannelShuffle(groups)."""
    return Lowering((Make("nn.ChannelShuffle", (op.groups,)),))
