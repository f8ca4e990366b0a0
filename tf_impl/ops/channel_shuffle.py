"""Channel shuffle in keras.ops."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.spec import Shape


def channel_shuffle(op: ChannelShuffle, x: Shape) -> Form:
    """Split the channel axis in two, swap, and join."""
    return Form((Make("ChannelShuffle", (op.groups,), layer=False),), helpers=("channel_shuffle",))
