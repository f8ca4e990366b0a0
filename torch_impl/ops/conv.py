"""Convolution as nn.Conv2d, or as a subclass of it that pads first where torch's own padding cannot say it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from ...common.form import Form, Make, given
from ...common.geometry import symmetric
from ...common.ops.conv import Conv
from ...common.spec import Shape
from ..same import same_pad

DEFAULTS = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True}


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        extent = tuple((k - 1) * d + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))
        return super().forward(same_pad(x, extent, self.stride))


class Conv2dPadded(nn.Conv2d):
    """A convolution after zero padding by (left, right, top, bottom), which may be uneven."""

    def __init__(self, *args: int, pads: tuple[int, int, int, int], **kwargs: int) -> None:
        super().__init__(*args, **kwargs)
        self.pads = pads

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, pads={self.pads}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.pads))


def conv(op: Conv, x: Shape) -> Form:
    """nn.Conv2d(in, out, kernel, ...); SAME and uneven pads take a subclass."""
    # The choice must not depend on the stride, which may be a parameter of the block.
    target, helpers, extra = "Conv2dPadded", (Conv2dPadded,), {}
    if op.pads == "same":
        target, helpers = "Conv2dSame", (same_pad, Conv2dSame)
    elif symmetric(op.pads):
        target, helpers, extra = "nn.Conv2d", (), {"padding": (op.pads[0], op.pads[2])}
    else:
        extra = {"pads": (*op.pads[2:], *op.pads[:2])}
    rest = given(DEFAULTS, stride=op.stride, **extra, dilation=op.dilation, groups=op.groups, bias=op.bias)
    return Form((Make(target, (x[0], op.channels, op.kernel), rest),), helpers=helpers)
