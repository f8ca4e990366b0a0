"""Normalisation by the root mean square of the channels of a map."""

import torch
from torch import nn


class RMSNorm2d(nn.RMSNorm):
    """Division of the channels at each place of a map by their root mean square."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
