"""The channels over their Euclidean norm."""

import torch
from torch import nn


class UnitNorm(nn.Module):
    """The channels over their Euclidean norm, or over eps where that is larger."""

    def __init__(self, eps):
        super().__init__()
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.normalize(x, eps=self.eps)
