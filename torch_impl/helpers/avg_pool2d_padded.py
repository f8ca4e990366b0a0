"""Average pooling after uneven padding."""

import torch
from torch import nn


class AvgPool2dPadded(nn.AvgPool2d):
    """Average pooling after padding by (left, right, top, bottom), which counts where `count_include_pad` says so."""

    def __init__(self, *args, pads, **kwargs):
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = super().forward(nn.functional.pad(x, self.pads))
        if self.count_include_pad:
            return y
        return y / super().forward(nn.functional.pad(torch.ones_like(x[:1, :1]), self.pads))
