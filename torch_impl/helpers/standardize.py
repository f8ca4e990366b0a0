"""Standardisation of an image by a fixed mean and variance per channel."""

import torch
from torch import nn


class Standardize(nn.Module):
    """(x - mean) / standard deviation, with a fixed mean and variance per channel."""

    def __init__(self, channels):
        super().__init__()
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("variance", torch.ones(channels))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        deviation = self.variance.sqrt().clamp(min=1e-7)
        return (x - self.mean[:, None, None]) / deviation[:, None, None]
