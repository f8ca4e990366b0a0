"""The exponential of each number."""

import torch
from torch import nn


class Exponential(nn.Module):
    """The exponential of each number."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.exp(x)
