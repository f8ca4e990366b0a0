"""Cross-stage-partial stage of YOLOv5 and YOLOX (Wang et al. 2019, CSPNet, figure 3): three convolutions, hence C3.

Each way has a 1x1 convolution of its own, where `cross_stage_partial` cuts the result of one in halves. The names are
those of YOLOX.
"""

from __future__ import annotations

from functools import partial

from ..ops.concat import concat
from ..trace import Value, block, stack
from .conv_bn_act import Unit, conv_bn_act


@block
def csp_bottleneck(x: Value, shortcut: bool, conv: Unit, spatial: Unit) -> Value:
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""
    y = conv(x, x.channels, 1, name="conv1")
    y = spatial(y, x.channels, name="conv2")
    return x + y if shortcut else y


@block
def c3(
    x: Value, channels: int, depth: int, shortcut: bool = True, conv: Unit = conv_bn_act, spatial: Unit | None = None
) -> Value:
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order.

    `conv(x, channels, kernel)` makes the 1x1 convolutions, and the 3x3 ones where there is no
    `spatial(x, channels, stride=)`, such as `separable_conv_bn_act`.
    """
    spatial = spatial or partial(conv, kernel=3)
    y = conv(x, channels // 2, 1, name="conv1")
    with stack("m"):
        for _ in range(depth):
            y = csp_bottleneck(y, shortcut, conv, spatial)
    around = conv(x, channels // 2, 1, name="conv2")
    return conv(concat([y, around]), channels, 1, name="conv3")
