"""A run of channels."""

import torch
from torch import nn


class ChannelSlice(nn.Module):
    """Channels start ... stop - 1."""

    def __init__(self, start, stop):
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.start : self.stop]
