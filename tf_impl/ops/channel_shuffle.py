"""Channel shuffle in keras.ops."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.spec import Shape


def channel_shuffle(op: ChannelShuffle, x: Shape) -> Lowering:
    """Split the channel axis in two, swap, and join."""
    return Lowering((Make("ChannelShuffle", (op.groups,), layer=False),), helpers=("channel_shuffle",))
