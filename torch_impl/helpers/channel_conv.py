"""A convolution along the channels of a vector."""

import torch
from torch import nn


class ChannelConv(nn.Conv1d):
    """A convolution along the channels of a vector, which is a row of numbers for it."""

    def __init__(self, kernel, padding, bias=False):
        super().__init__(1, 1, kernel, padding=padding, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        # A vector (N, C) is a row (N, 1, C) of C numbers, with one channel.
        row = x.unsqueeze(1)
        row = super().forward(row)
        return row.squeeze(1)


# The weight (1, 1, kernel) is one row of numbers, as its Keras twin keeps it.
#
#
#
#
