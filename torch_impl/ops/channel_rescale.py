"""Multiplication of each channel by a constant of its own."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_rescale import ChannelRescale
from ...common.spec import Shape


def channel_rescale(op: ChannelRescale, x: Shape) -> Lowering:
    """ChannelRescale(*factors)."""
    return Lowering((Make("ChannelRescale", op.factors),), helpers=("channel_rescale",))
