"""Multiplication of each channel by a constant; layers.Rescaling rounds its constants to float32 even in float64.

See `diptych traps`: `rescaling_in_float64`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_rescale import ChannelRescale
from ...common.spec import Shape


def channel_rescale(op: ChannelRescale, x: Shape) -> Lowering:
    """ChannelRescale(*factors)."""
    return Lowering((Make("ChannelRescale", op.factors, layer=False),), helpers=("channel_rescale",))
