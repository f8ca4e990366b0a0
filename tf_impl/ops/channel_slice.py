"""A run of channels."""

from __future__ import annotations

from typing import Any

from ...common.expr import Sym
from ...common.form import Form, Make
from ...common.ops.channel_slice import ChannelSlice
from ...common.spec import Shape


def channel_run(x: Any, start: int, stop: int) -> Any:
    """Channels start ... stop - 1."""
    return x[..., start:stop]


def channel_slice(op: ChannelSlice, x: Shape) -> Form:
    """x[..., start:stop]."""
    symbolic = isinstance(op.start, Sym) or isinstance(op.stop, Sym)
    function = "" if symbolic else f"{{0}}[..., {op.start}:{op.stop}]"
    return Form((Make("channel_run", (op.start, op.stop), layer=False),), function=function, helpers=(channel_run,))
