"""The mean, maximum, sum or variance over channels."""

import torch
from torch import nn


class ChannelReduce(nn.Module):
    """The mean, "max", "sum" or variance of the channels at one place of each of `groups` runs, or of all channels."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        groups = self.groups or x.shape[1]
        parts = x.unflatten(1, (groups, -1))
        if self.how.endswith("variance"):
            return parts.var(dim=1, unbiased=self.how == "sample_variance")
        return {"mean": torch.mean, "max": torch.amax, "sum": torch.sum}[self.how](parts, 1)
