"""The sum of what the candidates of a layer make, in a network that is searched for."""

import torch
from torch import nn


class MixedSum(nn.Module):
    """The sum of maps, each times its share: the softmax of (theta + gumbel) / temperature."""

    def __init__(self, candidates):
        super().__init__()
        self.theta = nn.Parameter(torch.zeros(candidates))
        self.register_buffer("gumbel", torch.zeros(candidates))
        self.register_buffer("temperature", torch.ones(1))

    def forward(self, *maps: torch.Tensor) -> torch.Tensor:
        return mixed_sum(maps, self.theta, self.gumbel, self.temperature)


def mixed_sum(maps, theta, gumbel, temperature):
    """The same, with the weights given."""
    shares = torch.softmax((theta + gumbel) / temperature, -1)
    return sum(x * share for x, share in zip(maps, shares.unbind(-1), strict=True))
