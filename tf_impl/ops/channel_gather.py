"""Chosen channels in a chosen order."""

from __future__ import annotations

from ...common.expr import Sym
from ...common.form import Form, Make
from ...common.ops.channel_gather import ChannelGather
from ...common.spec import Shape


def channel_gather(op: ChannelGather, x: Shape) -> Form:
    """ops.take along the channels."""
    symbolic = any(isinstance(index, Sym) for index in op.indices)
    indices = [int(index) for index in op.indices]
    make = Make("ops.take", (indices,), {"axis": -1}, layer=False)
    return Form((make,), function="" if symbolic else f"ops.take({{0}}, {indices}, axis=-1)")
