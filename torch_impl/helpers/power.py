"""Each number to a fixed power."""

import torch
from torch import nn


class Power(nn.Module):
    """x ** exponent; 0.5 is a square root, -1 a reciprocal."""

    def __init__(self, exponent):
        super().__init__()
        self.exponent = exponent

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x**self.exponent
