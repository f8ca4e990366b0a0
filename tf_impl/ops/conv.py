"""Convolution as layers.Conv2D or layers.DepthwiseConv2D, after layers.ZeroPadding2D where SAME does not say it.

A stride and a dilation, of which TensorFlow takes one, have what they share taken off before: every other row of the
padded map, where both are 2.

See `diptych traps`: `same_padding_at_stride_2`, `depthwise_kernel_axes`, `stride_with_dilation`.
"""

from __future__ import annotations

from dataclasses import replace
from math import gcd

from ...common.errors import SpecError
from ...common.geometry import is_same
from ...common.lowering import Lowering, Make, Slot, given, symbolic
from ...common.ops.conv import Conv
from ...common.spec import Shape
from ..pads import zero_padding

DEFAULTS = {"strides": (1, 1), "padding": "valid", "dilation_rate": (1, 1), "groups": 1, "use_bias": True}


def conv(op: Conv, x: Shape) -> Lowering:
    """layers.Conv2D(out, kernel, ...); SAME only where it means these very pads, or where the spec says SAME."""
    if op.skips:
        return _skipping(op, x)
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


def _skipping(op: Conv, x: Shape) -> Lowering:
    """SkippingPadding2D(pads, steps), and the convolution with what is left of the stride and the dilation."""
    pads = tuple(map(int, op.explicit((x[1], x[2]))))
    steps = tuple(gcd(int(s), int(d)) for s, d in zip(op.stride, op.dilation, strict=True))
    stride, dilation = ((int(n[0]) // steps[0], int(n[1]) // steps[1]) for n in (op.stride, op.dilation))
    rest = replace(op, stride=stride, dilation=dilation, pads=(0, 0, 0, 0))
    if rest.skips:
        got = f"{op.stride} and {op.dilation}"
        raise SpecError(f"Keras has a stride with a dilation where one divides the other, on both axes, not {got}")
    after = conv(rest, x)
    before = Make("SkippingPadding2D", (pads, steps), layer=False)
    return replace(after, steps=(before, *after.steps), helpers=("skipping_padding2d",))
