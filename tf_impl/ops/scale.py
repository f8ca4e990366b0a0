"""A trainable factor per channel."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.scale import Scale
from ...common.spec import Shape


def scale(op: Scale, x: Shape) -> Lowering:
    """ChannelScale(channels); in a functional model, layers.EinsumDense whose kernel has the channel axis alone."""
    rest = {"bias_axes": "c"} if op.bias else {}
    arguments = ("bhwc,c->bhwc", (int(x[1]), int(x[2]), x[0])) if len(x) == 3 else ("bc,c->bc", x[0])
    slots = (Slot("weight", "kernel", "C"), Slot("bias", "bias", "C")) if op.bias else (Slot("weight", "kernel", "C"),)
    written = Make("ChannelScale", (x[0],), given({"bias": True}, bias=op.bias), layer=False)
    return Lowering(
        (Make("layers.EinsumDense", arguments, rest),), slots=slots, helpers=("channel_scale",), written=written
    )
