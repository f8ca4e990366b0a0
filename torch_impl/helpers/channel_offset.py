"""A constant of its own added to each channel."""

import torch
from torch import nn


class ChannelOffset(nn.Module):
    """Each channel plus its offset."""

    def __init__(self, *offsets):
        super().__init__()
        self.offsets = offsets

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, index] + offset for index, offset in enumerate(self.offsets)], 1)
