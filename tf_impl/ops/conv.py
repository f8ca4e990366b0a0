"""Convolution as layers.Conv2D or layers.DepthwiseConv2D, after layers.ZeroPadding2D where SAME does not say it.

See `diptych traps`: `same_padding_at_stride_2`, `depthwise_kernel_axes`.
"""

from __future__ import annotations

from ...common.errors import SpecError
from ...common.geometry import is_same
from ...common.lowering import Lowering, Make, Slot, given, symbolic
from ...common.ops.conv import Conv
from ...common.spec import Shape
from ..pads import zero_padding

DEFAULTS = {"strides": (1, 1), "padding": "valid", "dilation_rate": (1, 1), "groups": 1, "use_bias": True}


def conv(op: Conv, x: Shape) -> Lowering:
    """layers.Conv2D(out, kernel, ...); SAME only where it means these very pads, or where the spec says SAME."""
    # Where a block's parameters make the window, the pads stay explicit: another instance may have another stride.
    fixed = not symbolic((*op.kernel, *op.stride, *op.dilation, *op.pads))
    same = is_same(op.pads, op.kernel, op.stride, op.dilation) and op.pads != (0, 0, 0, 0)
    same &= fixed or op.pads == "same"
    before = () if same else zero_padding(op.pads)
    rest = given(
        DEFAULTS, strides=op.stride, padding="same" if same else "valid", dilation_rate=op.dilation, use_bias=op.bias
    )
    bias = (Slot("bias", "bias", "O"),) if op.bias else ()
    helpers = ("padded",) if before else ()
    if op.stride != (1, 1) and op.dilation != (1, 1):
        raise SpecError("a Keras convolution takes either a stride or a dilation, not both")
    if op.depthwise(x) and op.stride[0] != op.stride[1]:
        # TensorFlow's depthwise kernel takes equal strides only; its grouped one takes any.
        make = Make("layers.Conv2D", (op.channels, op.kernel), rest | {"groups": op.groups})
        return Lowering((*before, make), slots=(Slot("weight", "kernel", "H W 1 (C M)"), *bias), helpers=helpers)
    if op.depthwise(x):
        multiplier = given({"depth_multiplier": 1}, depth_multiplier=int(op.channels) // int(op.groups))
        make = Make("layers.DepthwiseConv2D", (op.kernel,), multiplier | rest)
        return Lowering((*before, make), slots=(Slot("weight", "kernel", "H W C M"), *bias), helpers=helpers)
    make = Make("layers.Conv2D", (op.channels, op.kernel), rest | given(DEFAULTS, groups=op.groups))
    return Lowering((*before, make), slots=(Slot("weight", "kernel", "H W I O"), *bias), helpers=helpers)
