"""Convolution with standardised weights, written out."""

from __future__ import annotations

from typing import Any

from ...common.geometry import symmetric
from ...common.lowering import Lowering, Make, given
from ...common.ops.std_conv import StdConv
from ...common.spec import Shape
from .conv import DEFAULTS


def std_conv(op: StdConv, x: Shape) -> Lowering:
    """StdConv2d(in, out, kernel, ..., eps=..., gain=..., factor=...)."""
    rest = given(DEFAULTS, dilation=op.dilation, groups=op.groups, bias=op.bias)
    own = {"eps": op.eps} | given({"gain": False, "factor": 1.0}, gain=op.gain, factor=op.factor)
    pads: dict[str, Any]
    if op.pads == "same":
        pads = {"pads": "same"}
    elif symmetric(op.pads):
        pads = given(DEFAULTS, padding=(op.pads[0], op.pads[2]))
    else:
        pads = {"pads": (*op.pads[2:], *op.pads[:2])}
    make = Make("StdConv2d", (x[0], op.channels, op.kernel), given(DEFAULTS, stride=op.stride) | pads | rest | own)
    return Lowering((make,), helpers=("same_pad", "std_conv2d"))
