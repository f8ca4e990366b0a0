"""Layer normalisation over the channels of a map."""

import torch
from torch import nn


class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation of the channels at each place of a map, which are moved to the last axis for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
