"""The mean, variance or norm over places."""

import torch
from torch import nn


class PlaceReduce(nn.Module):
    """For each channel, the "mean", biased "variance" or "norm" of its group, or of itself, over all places."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        groups, axes = self.groups or x.shape[1], (2, 3, 4)
        parts = x.unflatten(1, (groups, -1))
        if self.how == "mean":
            found = parts.mean(axes, keepdim=True)
        else:
            norm = self.how == "norm"
            found = parts.norm(p=2, dim=axes, keepdim=True) if norm else parts.var(axes, unbiased=False, keepdim=True)
        return found.expand(-1, -1, parts.shape[2], -1, -1).flatten(1, 2)
