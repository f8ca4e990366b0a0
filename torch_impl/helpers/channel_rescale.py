"""Multiplication of each channel by a constant of its own."""

import torch
from torch import nn


class ChannelRescale(nn.Module):
    """Each channel times its factor."""

    def __init__(self, *factors):
        super().__init__()
        self.factors = factors

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.stack([x[:, index] * factor for index, factor in enumerate(self.factors)], 1)
