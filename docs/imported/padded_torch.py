"""Padded in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Padded(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.conv = Conv2dPadded(in_channels, 4, 3, stride=2, pads=(1, 2, 0, 1))
        self.pad = nn.ConstantPad2d((0, 1, 1, 0), 0.5)
        self.max_pool = MaxPool2dSame(3, 2)
        self.down = Conv2dSame(4, 4, 3, stride=2)
        self.even = Conv2dPadded(4, 4, (2, 4), pads=(1, 2, 0, 1))

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.max_pool(self.pad(self.conv(x)))
        x = nn.functional.hardswish(self.down(x))
        return self.even(x)


# ConstantPadding2D of the Keras twin is nn.ConstantPad2d, which
# takes (left, right, top, bottom). Keras pads with zeros alone, and
# takes one number, (rows, columns) or ((top, bottom), (left,
# right)).
#
#     nn.ConstantPad2d((1, 2, 3, 4), 0.5)    ConstantPadding2D(((3, 4), (1, 2)), 0.5)
#
# A number other than zero occurs where an image is padded before it is normalised,
# or with the colour of a letter box.


class Conv2dPadded(nn.Conv2d):
    """A convolution after zero padding by (left, right, top, bottom), which may be uneven."""

    def __init__(self, *args, pads, **kwargs):
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(nn.functional.pad(x, self.pads))


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (kh, kw), (dh, dw), (sh, sw) = self.kernel_size, self.dilation, self.stride
        return super().forward(same_pad(x, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (sh, sw)))


class MaxPool2dSame(nn.MaxPool2d):
    """Max pooling with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        return super().forward(same_pad(x, kernel, stride, float("-inf")))


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.


def same_pad(x, extent, stride, value=0.0):
    """Pad a batch as TensorFlow's SAME does: by what its size needs, and the odd pad last."""
    pads = []
    for axis in (1, 0):
        size = x.shape[2 + axis]
        total = max((-(-size // stride[axis]) - 1) * stride[axis] + extent[axis] - size, 0)
        pads += [total // 2, total - total // 2]
    return nn.functional.pad(x, pads, value=value)
