"""A constant added to each channel; layers.Rescaling rounds its constants to float32 even in float64.

See `diptych traps`: `rescaling_in_float64`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.channel_offset import ChannelOffset
from ...common.spec import Shape


def channel_offset(op: ChannelOffset, x: Shape) -> Lowering:
    """ChannelOffset(*offsets)."""
    return Lowering((Make("ChannelOffset", op.offsets, layer=False),), helpers=("channel_offset",))
