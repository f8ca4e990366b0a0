"""A convolution with standardised weights."""

import torch
from torch import nn

from .same_pad import same_pad


class StdConv2d(nn.Conv2d):
    """A convolution whose kernel of each output has mean 0 and variance 1, times `gain * factor` where it has a gain.

    It pads by (left, right, top, bottom) or as TensorFlow's SAME, where `pads` says so.
    """

    def __init__(self, *args, eps, gain=False, factor=1.0, pads=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.eps, self.factor, self.pads = eps, factor, pads
        self.gain = nn.Parameter(torch.ones(self.out_channels, 1, 1, 1)) if gain else None

    def standardised(self) -> torch.Tensor:
        """The kernel: batch normalisation, as in training, of one image with a channel for each output."""
        # The moments are those of all numbers that lead to one output.
        # The variance is the biased one.
        scale = None if self.gain is None else (self.gain * self.factor).flatten()
        rows = self.weight.reshape(1, self.out_channels, -1)
        rows = nn.functional.batch_norm(rows, None, None, scale, training=True, momentum=0.0, eps=self.eps)
        return rows.reshape_as(self.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.pads == "same":
            (kh, kw), (dh, dw), (sh, sw) = self.kernel_size, self.dilation, self.stride
            x = same_pad(x, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (sh, sw))
        elif self.pads:
            x = nn.functional.pad(x, self.pads)
        return self._conv_forward(x, self.standardised(), self.bias)
