"""A convolution along channels as nn.Conv1d on a row of one channel."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.channel_conv import ChannelConv
from ...common.spec import Shape


def channel_conv(op: ChannelConv, x: Shape) -> Lowering:
    """ChannelConv(kernel, padding, bias=...)."""
    make = Make("ChannelConv", (op.kernel, op.pad), given({"bias": False}, bias=op.bias))
    return Lowering((make,), helpers=("channel_conv",))
