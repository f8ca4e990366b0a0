"""Euclidean radial basis functions with fixed prototypes."""

import torch
from torch import nn


class RadialBasis(nn.Module):
    """Squared distances of a vector from fixed prototypes."""

    def __init__(self, features, classes):
        super().__init__()
        self.register_buffer("prototypes", torch.ones(classes, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.prototypes).square().sum(2)
