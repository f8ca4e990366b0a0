"""Transposed convolution as nn.ConvTranspose2d.

See `diptych traps`: `transposed_kernel_axes`, `transposed_same_crops_otherwise`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.conv_transpose import ConvTranspose
from ...common.spec import Shape

DEFAULTS = {"stride": (1, 1), "padding": (0, 0), "output_padding": (0, 0), "groups": 1, "bias": True}


def conv_transpose(op: ConvTranspose, x: Shape) -> Lowering:
    """nn.ConvTranspose2d(in, out, kernel, ...)."""
    rest = {"stride": op.stride, "padding": op.pads, "output_padding": op.extra, "groups": op.groups, "bias": op.bias}
    return Lowering((Make("nn.ConvTranspose2d", (x[0], op.channels, op.kernel), given(DEFAULTS, **rest)),))
