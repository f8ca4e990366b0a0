"""A trainable factor, and where wanted an offset, per channel."""

import torch
from torch import nn


class ChannelScale(nn.Module):
    """x * weight + bias, with one number of each per channel of a map or of a vector."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        y = x * self.weight.reshape(shape)
        return y if self.bias is None else y + self.bias.reshape(shape)
