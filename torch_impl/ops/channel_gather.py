"""Chosen channels in a chosen order."""

from __future__ import annotations

from ...common.expr import Sym
from ...common.lowering import Item, Lowering, Make, X
from ...common.ops.channel_gather import ChannelGather, listed
from ...common.spec import Shape


def channel_gather(op: ChannelGather, x: Shape) -> Lowering:
    """x[:, [...]], or ChannelGather(...) where the indices depend on a block's parameters."""
    symbolic = any(isinstance(index, Sym) for index in op.indices)
    function = None if symbolic else Item(X, (slice(None), listed(op.indices)))
    return Lowering((Make("ChannelGather", op.indices),), function=function, helpers=("channel_gather",))
