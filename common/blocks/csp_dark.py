"""Cross-stage-partial stage of CSPDarknet-53 in YOLOv4 (Bochkovskiy et al. 2020), as Darknet's configuration has it.

Each way has a 1x1 convolution of its own on the same map, where timm's form (`cross_stage_partial`) cuts the channels
of one; and the way through the residual units comes first when both join.
"""

from __future__ import annotations

from ..ops.concat import concat
from ..trace import Value, block, stack
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style
from .dark_residual import dark_residual


@block
def csp_dark(
    x: Value, channels: int, width: int, inner: int, depth: int, act: Activation, style: Style = TORCH
) -> Value:
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`.

    `inner` is the width inside a residual unit.
    """
    x = conv_bn_act(x, channels, 3, 2, act=act, style=style, name="conv_down")
    around = conv_bn_act(x, width, 1, act=act, style=style, name="conv_part1")
    y = conv_bn_act(x, width, 1, act=act, style=style, name="conv_part2")
    with stack("blocks"):
        for _ in range(depth):
            y = dark_residual(y, inner, act, style)
    y = conv_bn_act(y, width, 1, act=act, style=style, name="conv_transition_b")
    return conv_bn_act(concat([y, around]), channels, 1, act=act, style=style, name="conv_transition")
