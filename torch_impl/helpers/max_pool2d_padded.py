"""Max pooling after uneven padding."""

import torch
from torch import nn


class MaxPool2dPadded(nn.MaxPool2d):
    """Max pooling after padding by (left, right, top, bottom) with minus infinity."""

    def __init__(self, *args, pads, **kwargs):
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, self.pads, value=float("-inf")))
