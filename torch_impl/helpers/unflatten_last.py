"""A vector as a map whose numbers stand in it in the order of TensorFlow."""

import torch
from torch import nn


class UnflattenLast(nn.Module):
    """(N, H * W * C) as (N, C, H, W)."""

    def __init__(self, *size):
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.reshape(-1, *self.size).permute(0, 3, 1, 2)
