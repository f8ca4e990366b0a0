"""A run of channels."""

from __future__ import annotations

import torch
from torch import nn

from ...common.expr import Sym
from ...common.form import Form, Make
from ...common.ops.channel_slice import ChannelSlice as ChannelSliceOp
from ...common.spec import Shape


class ChannelSlice(nn.Module):
    """Channels start ... stop - 1."""

    def __init__(self, start: int, stop: int) -> None:
        super().__init__()
        self.start = start
        self.stop = stop

    def extra_repr(self) -> str:
        return f"{self.start}, {self.stop}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.start : self.stop]


def channel_slice(op: ChannelSliceOp, x: Shape) -> Form:
    """x[:, start:stop], or ChannelSlice(start, stop) where these depend on a block's parameters."""
    symbolic = isinstance(op.start, Sym) or isinstance(op.stop, Sym)
    function = "" if symbolic else f"{{0}}[:, {op.start}:{op.stop}]"
    return Form((Make("ChannelSlice", (op.start, op.stop)),), function=function, helpers=(ChannelSlice,))
