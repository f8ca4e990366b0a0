"""A run of channels."""

from __future__ import annotations

from ...common.expr import Sym
from ...common.lowering import Item, Lowering, Make, X
from ...common.ops.channel_slice import ChannelSlice
from ...common.spec import Shape


def channel_slice(op: ChannelSlice, x: Shape) -> Lowering:
    """x[:, start:stop], or ChannelSlice(start, stop) where these depend on a block's parameters."""
    symbolic = isinstance(op.start, Sym) or isinstance(op.stop, Sym)
    function = None if symbolic else Item(X, (slice(None), slice(op.start, op.stop)))
    return Lowering((Make("ChannelSlice", (op.start, op.stop)),), function=function, helpers=("channel_slice",))
