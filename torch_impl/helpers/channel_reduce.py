"""The mean, maximum or sum over channels."""

import torch
from torch import nn


class ChannelReduce(nn.Module):
    """The mean, "max" or "sum" of the channels at one place of each of `groups` runs, or of all channels."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        groups = self.groups or x.shape[1]
        parts = x.unflatten(1, (groups, -1))
        return {"mean": torch.mean, "max": torch.amax, "sum": torch.sum}[self.how](parts, 1)
