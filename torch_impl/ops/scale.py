"""A trainable factor, and where wanted an offset, per channel."""

from __future__ import annotations

import torch
from torch import nn

from ...common.form import Form, Make, given
from ...common.ops.scale import Scale
from ...common.spec import Shape


class ChannelScale(nn.Module):
    """x * weight + bias, with one number of each per channel of a map or of a vector."""

    def __init__(self, channels: int, bias: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def extra_repr(self) -> str:
        return f"{len(self.weight)}, bias={self.bias is not None}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        y = x * self.weight.reshape(shape)
        return y if self.bias is None else y + self.bias.reshape(shape)


def scale(op: Scale, x: Shape) -> Form:
    """ChannelScale(channels, bias=...)."""
    make = Make("ChannelScale", (x[0],), given({"bias": True}, bias=op.bias))
    return Form((make,), helpers=(ChannelScale,))
