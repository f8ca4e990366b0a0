"""A convolution along channels by ops.conv on a row of one channel."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.channel_conv import ChannelConv
from ...common.spec import Shape


def channel_conv(op: ChannelConv, x: Shape) -> Lowering:
    """ChannelConv(kernel, padding, bias=...); in a functional model, weights that are layers of their own."""
    args, rest = (op.kernel, op.pad), given({"bias": False}, bias=op.bias)
    bias = (Slot("bias", "beta", "O"),) if op.bias else ()
    return Lowering(
        (Make("convolved_channels", args, rest, layer=False),),
        slots=(Slot("weight", "beta", "K"), *bias),
        helpers=("channel_conv",),
        written=Make("ChannelConv", args, rest, layer=False),
    )
