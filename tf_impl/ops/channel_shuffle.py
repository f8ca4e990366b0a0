"""Channel shuffle in keras.ops."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.ops.channel_shuffle import ChannelShuffle
from ...common.spec import Shape


def shuffled(x: Any, groups: int) -> Any:
    """Channels in the order of their place within a group, then of their group."""
    from keras import ops

    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height, width, groups, channels // groups))
    return ops.reshape(ops.swapaxes(x, 3, 4), (-1, height, width, channels))


def channel_shuffle(op: ChannelShuffle, x: Shape) -> Form:
    """Split the channel axis in two, swap, and join."""
    groups = int(op.groups)
    function = f"shuffled({{0}}, {groups})"
    return Form((Make("shuffled", (groups,), layer=False),), function=function, helpers=(shuffled,))
