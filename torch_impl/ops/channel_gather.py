"""Chosen channels in a chosen order."""

from __future__ import annotations

import torch
from torch import nn

from ...common.expr import Sym
from ...common.form import Form, Make
from ...common.ops.channel_gather import ChannelGather as ChannelGatherOp
from ...common.spec import Shape


class ChannelGather(nn.Module):
    """The channels of these indices, in this order."""

    def __init__(self, *indices: int) -> None:
        super().__init__()
        self.indices = list(indices)

    def extra_repr(self) -> str:
        return ", ".join(map(str, self.indices))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.indices]


def channel_gather(op: ChannelGatherOp, x: Shape) -> Form:
    """x[:, [...]], or ChannelGather(...) where the indices depend on a block's parameters."""
    symbolic = any(isinstance(index, Sym) for index in op.indices)
    function = "" if symbolic else f"{{0}}[:, {list(op.indices)}]"
    return Form((Make("ChannelGather", op.indices),), function=function, helpers=(ChannelGather,))
