"""Multiplication by a constant and addition of another."""

import torch
from torch import nn


class Rescale(nn.Module):
    """x * factor + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor = factor
        self.offset = offset

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset
