"""Channels of zeros around those of a map."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_pad import ChannelPad
from ...common.spec import Shape


def channel_pad(op: ChannelPad, x: Shape) -> Lowering:
    """nn.ZeroPad3d((0, 0, 0, 0, before, after)), whose last pair is of the third axis from the end."""
    return Lowering((Make("nn.ZeroPad3d", ((0, 0, 0, 0, op.before, op.after),)),))
