"""Average pooling with TensorFlow's SAME padding."""

import torch
from torch import nn

from .same_pad import same_pad


class AvgPool2dSame(nn.AvgPool2d):
    """Average pooling with TensorFlow's SAME padding, which counts in the mean where it is `counted`."""

    def __init__(self, kernel_size, stride, counted=False):
        super().__init__(kernel_size, stride)
        self.counted = counted

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        y = super().forward(same_pad(x, kernel, stride))
        return y if self.counted else y / super().forward(same_pad(torch.ones_like(x[:1, :1]), kernel, stride))
