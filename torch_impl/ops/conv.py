"""Convolution as nn.Conv2d, or as a subclass of it that pads first where torch's own padding cannot say it.

See `diptych traps`: `torch_refuses_same_at_stride_2`.
"""

from __future__ import annotations

from ...common.geometry import symmetric
from ...common.lowering import Lowering, Make, given
from ...common.ops.conv import Conv
from ...common.spec import Shape

DEFAULTS = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1, "bias": True}


def conv(op: Conv, x: Shape) -> Lowering:
    """nn.Conv2d(in, out, kernel, ...); SAME and uneven pads take a subclass."""
    # The choice must not depend on the stride, which may be a parameter of the block.
    args = (x[0], op.channels, op.kernel)
    rest = given(DEFAULTS, stride=op.stride, dilation=op.dilation, groups=op.groups, bias=op.bias)
    if op.pads == "same":
        return Lowering((Make("Conv2dSame", args, rest),), helpers=("same_pad", "conv2d_same"))
    if not symmetric(op.pads):
        make = Make("Conv2dPadded", args, rest | {"pads": (*op.pads[2:], *op.pads[:2])})
        return Lowering((make,), helpers=("conv2d_padded",))
    # Padding stands after the stride, where a reader expects it.
    pads = given(DEFAULTS, stride=op.stride, padding=(op.pads[0], op.pads[2]))
    return Lowering((Make("nn.Conv2d", args, pads | rest),))
