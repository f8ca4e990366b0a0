"""Convolution with standardised weights: in a functional model, ops.conv with a kernel that is computed there."""

from __future__ import annotations

from typing import Any

from ...common.errors import SpecError
from ...common.lowering import Lowering, Make, Slot, given, symbolic
from ...common.ops.std_conv import StdConv
from ...common.spec import Shape

DEFAULTS = {"groups": 1, "use_bias": True, "gain": False, "strides": (1, 1), "pads": None, "dilation": (1, 1)}


def std_conv(op: StdConv, x: Shape) -> Lowering:
    """StdConv2D(in, out, kernel, ..., eps=..., gain=..., factor=...)."""
    if op.skips:
        raise SpecError("in Keras a standardised convolution takes either a stride or a dilation, not both")
    pads: Any = op.pads if op.pads == "same" else (op.pads[:2], op.pads[2:])
    none = pads == ((0, 0), (0, 0)) and not symbolic(pads)
    rest = given(DEFAULTS, strides=op.stride, pads=None if none else pads, dilation=op.dilation, groups=op.groups)
    rest |= {"eps": op.eps} | given(DEFAULTS | {"factor": 1.0}, use_bias=op.bias, gain=op.gain, factor=op.factor)
    arguments = (x[0], op.channels, op.kernel)
    slots = [Slot("weight", "beta", "H W I O")]
    slots += [Slot("bias", "beta", "O")] if op.bias else []
    slots += [Slot("gain", "beta", "O")] if op.gain else []
    return Lowering(
        (Make("standardised_conv", arguments, rest, layer=False),),
        slots=tuple(slots),
        helpers=("grouped_conv", "std_conv2d"),
        written=Make("StdConv2D", arguments, rest, layer=False),
    )
