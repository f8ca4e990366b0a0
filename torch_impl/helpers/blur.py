"""A fixed kernel for every channel."""

import torch
from torch import nn


class Blur(nn.Module):
    """Each channel convolved by the same fixed rows of numbers, without padding."""

    def __init__(self, *kernel, stride=1):
        super().__init__()
        self.kernel, self.stride = kernel, (stride, stride) if isinstance(stride, int) else stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel = torch.tensor(self.kernel, dtype=x.dtype, device=x.device)
        # One kernel (1, rows, columns) for each channel, which is a group of its own;
        # `expand` makes no copies of it.
        channels = x.shape[1]
        kernel = kernel.expand(channels, 1, -1, -1)
        return nn.functional.conv2d(x, kernel, stride=self.stride, groups=channels)
