"""Average pooling as nn.AvgPool2d; SAME, uneven pads and pads beyond half the kernel take a subclass."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.avg_pool import AvgPool
from ...common.spec import Shape

DEFAULTS = {"padding": (0, 0), "ceil_mode": False, "count_include_pad": True}


def avg_pool(op: AvgPool, x: Shape) -> Lowering:
    """nn.AvgPool2d(kernel, stride, ...)."""
    if op.pads == "same":
        counted = given({"counted": False}, counted=op.count_include_pad)
        make = Make("AvgPool2dSame", (op.kernel, op.stride), counted)
        return Lowering((make,), helpers=("same_pad", "avg_pool2d_same"))
    include = op.count_include_pad or op.pads == (0, 0, 0, 0)
    if op.plain:
        pads = (op.pads[0], op.pads[2])
        rest = given(DEFAULTS, padding=pads, ceil_mode=op.ceil_mode, count_include_pad=include)
        return Lowering((Make("nn.AvgPool2d", (op.kernel, op.stride), rest),))
    rest = {"pads": (*op.pads[2:], *op.pads[:2])} | given(DEFAULTS, count_include_pad=include)
    return Lowering((Make("AvgPool2dPadded", (op.kernel, op.stride), rest),), helpers=("avg_pool2d_padded",))
