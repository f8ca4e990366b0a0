"""Max pooling with TensorFlow's SAME padding.

See `diptych traps`: `max_pool_same_at_stride_2`.
"""

import torch
from torch import nn

from .same_pad import same_pad


class MaxPool2dSame(nn.MaxPool2d):
    """Max pooling with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        return super().forward(same_pad(x, kernel, stride, float("-inf")))
