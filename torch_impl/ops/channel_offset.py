"""A constant added to each channel."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_offset import ChannelOffset
from ...common.spec import Shape


def channel_offset(op: ChannelOffset, x: Shape) -> Lowering:
    """ChannelOffset(*offsets)."""
    return Lowering((Make("ChannelOffset", op.offsets),), helpers=("channel_offset",))
