"""Numbers held between two bounds."""

import torch
from torch import nn


class Clamp(nn.Module):
    """Numbers held between two bounds, of which one may be None."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.clamp(x, self.low, self.high)


# In a function, torch.clamp takes both bounds.
#
#
#
