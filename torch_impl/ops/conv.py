"""Convolution as nn.Conv2d, or as a subclass of it that pads first where torch's own padding cannot say it."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ...common.form import Form, Make, given
from ...common.geometry import symmetric
from ...common.ops.conv import Conv
from ...common.spec import Shape
from ..pads import same_pad

DEFAULTS = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True}


class Conv2dSame(nn.Conv2d):
    """A convolution with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (kh, kw), (dh, dw), (sh, sw) = self.kernel_size, self.dilation, self.stride
        return super().forward(same_pad(x, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), (sh, sw)))


class Conv2dPadded(nn.Conv2d):
    """A convolution after zero padding by (left, right, top, bottom), which may be uneven."""

    def __init__(self, *args: Any, pads: tuple[int, int, int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.pads))


def conv(op: Conv, x: Shape) -> Form:
    """nn.Conv2d(in, out, kernel, ...); SAME and uneven pads take a subclass."""
    # The choice must not depend on the stride, which may be a parameter of the block.
    args = (x[0], op.channels, op.kernel)
    rest = given(DEFAULTS, stride=op.stride, dilation=op.dilation, groups=op.groups, bias=op.bias)
    if op.pads == "same":
        return Form((Make("Conv2dSame", args, rest),), helpers=(same_pad, Conv2dSame))
    if not symmetric(op.pads):
        make = Make("Conv2dPadded", args, rest | {"pads": (*op.pads[2:], *op.pads[:2])})
        return Form((make,), helpers=(Conv2dPadded,))
    # Padding stands after the stride, where a reader expects it.
    pads = given(DEFAULTS, stride=op.stride, padding=(op.pads[0], op.pads[2]))
    return Form((Make("nn.Conv2d", args, pads | rest),))
