"""Softmax over groups of channels."""

import torch
from torch import nn


class GroupSoftmax(nn.Module):
    """Softmax over the channels at one place of each of `groups` runs of channels."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = x.unflatten(1, (self.groups, -1))
        return parts.softmax(1).flatten(1, 2)
