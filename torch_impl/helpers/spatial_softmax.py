"""Softmax over the places of a map."""

import torch
from torch import nn


class SpatialSoftmax(nn.Module):
    """Softmax over the places of each channel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = x.flatten(2)
        return rows.softmax(2).reshape(x.shape)
