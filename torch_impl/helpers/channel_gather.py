"""Chosen channels in a chosen order."""

import torch
from torch import nn


class ChannelGather(nn.Module):
    """The channels of these indices, in this order."""

    def __init__(self, *indices):
        super().__init__()
        self.indices = list(indices)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.indices]
