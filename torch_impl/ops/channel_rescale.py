"""Multiplication of each channel by a constant of its own."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.channel_rescale import ChannelRescale
from ...common.spec import Shape


def channel_rescale(op: ChannelRescale, x: Shape) -> Form:
    """ChannelRescale(*factors)."""
    return Form((Make("ChannelRescale", op.factors),), helpers=("channel_rescale",))
