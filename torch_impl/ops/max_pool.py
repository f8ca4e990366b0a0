"""Max pooling as nn.MaxPool2d, which pads with minus infinity; uneven pads take a subclass."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.max_pool import MaxPool
from ...common.spec import Shape

DEFAULTS = {"padding": (0, 0), "ceil_mode": False}


def max_pool(op: MaxPool, x: Shape) -> Lowering:
    """nn.MaxPool2d(kernel, stride, ...)."""
    if op.pads == "same":
        return Lowering((Make("MaxPool2dSame", (op.kernel, op.stride)),), helpers=("same_pad", "max_pool2d_same"))
    if op.plain:
        rest = given(DEFAULTS, padding=(op.pads[0], op.pads[2]), ceil_mode=op.ceil_mode)
        return Lowering((Make("nn.MaxPool2d", (op.kernel, op.stride), rest),))
    rest = {"pads": (*op.pads[2:], *op.pads[:2])} | given(DEFAULTS, ceil_mode=op.ceil_mode)
    return Lowering((Make("MaxPool2dPadded", (op.kernel, op.stride), rest),), helpers=("max_pool2d_padded",))
