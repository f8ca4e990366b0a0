"""Transposed convolution by layers.Conv2DTranspose, with the pads and the zeros at the end written out.

See `diptych traps`: `transposed_kernel_axes`, `transposed_same_crops_otherwise`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.conv_transpose import ConvTranspose
from ...common.spec import Shape

DEFAULTS = {"strides": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "groups": 1, "bias": True}


def conv_transpose(op: ConvTranspose, x: Shape) -> Lowering:
    """TransposedConv2D(in, out, kernel, ...); in a functional model, a layer of its own for either weight."""
    args = (x[0], op.channels, op.kernel)
    how = {"strides": op.stride, "padding": op.pads, "output_padding": op.extra, "groups": op.groups, "bias": op.bias}
    kernel = "kernel" if int(op.groups) == 1 else "beta"
    bias = (Slot("bias", "beta", "O"),) if op.bias else ()
    return Lowering(
        (Make("transposed_convolution", args, how, layer=False),),
        slots=(Slot("weight", kernel, "H W O I"), *bias),
        helpers=("transposed_conv2d",),
        written=Make("TransposedConv2D", args, given(DEFAULTS, **how), layer=False),
    )
