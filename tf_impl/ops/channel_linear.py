"""A fully connected layer over channels as layers.Dense, which takes the last axis."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.channel_linear import ChannelLinear
from ...common.spec import Shape


def channel_linear(op: ChannelLinear, x: Shape) -> Lowering:
    """layers.Dense(out)."""
    make = Make("layers.Dense", (op.features,), given({"use_bias": True}, use_bias=op.bias))
    kernel = Slot("weight", "kernel", "I O")
    return Lowering((make,), slots=(kernel, Slot("bias", "bias", "O")) if op.bias else (kernel,))
