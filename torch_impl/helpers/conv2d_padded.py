"""A convolution after uneven zero padding."""

import torch
from torch import nn


class Conv2dPadded(nn.Conv2d):
    """A convolution after zero padding by (left, right, top, bottom), which may be uneven."""

    def __init__(self, *args, pads, **kwargs):
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, self.pads))
