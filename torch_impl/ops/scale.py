"""A trainable factor, and where wanted an offset, per channel."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.scale import Scale
from ...common.spec import Shape


def scale(op: Scale, x: Shape) -> Lowering:
    """ChannelScale(channels, bias=...)."""
    make = Make("ChannelScale", (x[0],), given({"bias": True}, bias=op.bias))
    return Lowering((make,), helpers=("channel_scale",))
