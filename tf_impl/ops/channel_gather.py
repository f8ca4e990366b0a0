"""Chosen channels in a chosen order."""

from __future__ import annotations

from ...common.expr import Sym
from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.channel_gather import ChannelGather, listed
from ...common.spec import Shape


def channel_gather(op: ChannelGather, x: Shape) -> Lowering:
    """ops.take along the channels, or ChannelGather(...) where the indices depend on a block's parameters."""
    symbolic = any(isinstance(index, Sym) for index in op.indices)
    function = None if symbolic else Function("ops.take", (X, listed(op.indices), -1))
    return Lowering((Make("ChannelGather", op.indices, layer=False),), function=function, helpers=("channel_gather",))
