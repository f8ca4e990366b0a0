"""A map as a vector in another order than that of PyTorch."""

import torch
from torch import nn


class FlattenAs(nn.Module):
    """(N, C, H, W) as (N, C * H * W), with the axes in this order."""

    def __init__(self, *axes):
        super().__init__()
        self.axes = axes

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.permute(0, *self.axes).flatten(1)
