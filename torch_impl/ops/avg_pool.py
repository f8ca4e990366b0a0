"""Average pooling as nn.AvgPool2d; SAME, uneven pads and pads beyond half the kernel take a subclass."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ...common.form import Form, Make, given
from ...common.ops.avg_pool import AvgPool
from ...common.spec import Shape
from ..pads import same_pad

DEFAULTS = {"padding": (0, 0), "ceil_mode": False, "count_include_pad": True}


class AvgPool2dPadded(nn.AvgPool2d):
    """Average pooling after padding by (left, right, top, bottom), which counts where `count_include_pad` says so."""

    def __init__(self, *args: Any, pads: tuple[int, int, int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = super().forward(F.pad(x, self.pads))
        if self.count_include_pad:
            return y
        return y / super().forward(F.pad(torch.ones_like(x[:1, :1]), self.pads))


class AvgPool2dSame(nn.AvgPool2d):
    """Average pooling with TensorFlow's SAME padding, which does not count."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        y = super().forward(same_pad(x, kernel, stride))
        return y / super().forward(same_pad(torch.ones_like(x[:1, :1]), kernel, stride))


def avg_pool(op: AvgPool, x: Shape) -> Form:
    """nn.AvgPool2d(kernel, stride, ...)."""
    if op.pads == "same":
        return Form((Make("AvgPool2dSame", (op.kernel, op.stride)),), helpers=(same_pad, AvgPool2dSame))
    include = op.count_include_pad or op.pads == (0, 0, 0, 0)
    if op.plain:
        pads = (op.pads[0], op.pads[2])
        rest = given(DEFAULTS, padding=pads, ceil_mode=op.ceil_mode, count_include_pad=include)
        return Form((Make("nn.AvgPool2d", (op.kernel, op.stride), rest),))
    rest = {"pads": (*op.pads[2:], *op.pads[:2])} | given(DEFAULTS, count_include_pad=include)
    return Form((Make("AvgPool2dPadded", (op.kernel, op.stride), rest),), helpers=(AvgPool2dPadded,))
