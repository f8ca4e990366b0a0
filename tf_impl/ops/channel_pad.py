"""Channels of zeros around those of a map."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_pad import ChannelPad
from ...common.spec import Shape


def channel_pad(op: ChannelPad, x: Shape) -> Lowering:
    """ChannelPadding(before, after), as Keras has no layer for it."""
    return Lowering((Make("ChannelPadding", (op.before, op.after), layer=False),), helpers=("channel_padding",))
