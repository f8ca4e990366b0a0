"""Max pooling as nn.MaxPool2d, which pads with minus infinity; uneven pads take a subclass."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from ...common.form import Form, Make, given
from ...common.ops.max_pool import MaxPool
from ...common.spec import Shape
from ..pads import same_pad

DEFAULTS = {"padding": (0, 0), "ceil_mode": False}


class MaxPool2dPadded(nn.MaxPool2d):
    """Max pooling after padding by (left, right, top, bottom) with minus infinity."""

    def __init__(self, *args: Any, pads: tuple[int, int, int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pads = pads

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(F.pad(x, self.pads, value=float("-inf")))


class MaxPool2dSame(nn.MaxPool2d):
    """Max pooling with TensorFlow's SAME padding."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kernel, stride = nn.modules.utils._pair(self.kernel_size), nn.modules.utils._pair(self.stride)
        return super().forward(same_pad(x, kernel, stride, float("-inf")))


def max_pool(op: MaxPool, x: Shape) -> Form:
    """nn.MaxPool2d(kernel, stride, ...)."""
    if op.pads == "same":
        return Form((Make("MaxPool2dSame", (op.kernel, op.stride)),), helpers=(same_pad, MaxPool2dSame))
    if op.plain:
        rest = given(DEFAULTS, padding=(op.pads[0], op.pads[2]), ceil_mode=op.ceil_mode)
        return Form((Make("nn.MaxPool2d", (op.kernel, op.stride), rest),))
    rest = {"pads": (*op.pads[2:], *op.pads[:2])} | given(DEFAULTS, ceil_mode=op.ceil_mode)
    return Form((Make("MaxPool2dPadded", (op.kernel, op.stride), rest),), helpers=(MaxPool2dPadded,))
