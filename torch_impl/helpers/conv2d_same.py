"""A convolution with TensorFlow's SAME padding.

See `diptych traps`: `torch_refuses_same_at_stride_2`.
"""

import torch
from torch import nn

from .same_pad import same_pad


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (kh, kw), (dh, dw), (sh, sw) = self.kernel_size, self.dilation, self.stride
        return super().forward(same_pad(x, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (sh, sw)))
