"""A fully connected layer over channels as nn.Linear, which takes the last axis: they are moved there and back."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.channel_linear import ChannelLinear
from ...common.spec import Shape


def channel_linear(op: ChannelLinear, x: Shape) -> Lowering:
    """ChannelLinear(in, out)."""
    make = Make("ChannelLinear", (x[0], op.features), given({"bias": True}, bias=op.bias))
    return Lowering((make,), helpers=("channel_linear",))
