"""Stage of Darknet-53 (Redmon & Farhadi 2018, YOLOv3, table 1): a 3x3 that halves the map, and residual units.

The classifier `darknet53_cls` has the same layers in plain chains, after which its emitted Keras files name them.
"""

from __future__ import annotations

from ..trace import Value, block, stack
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style
from .dark_residual import dark_residual


@block
def dark_stage(x: Value, channels: int, depth: int, act: Activation, style: Style = TORCH) -> Value:
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""
    x = conv_bn_act(x, channels, 3, 2, act=act, style=style, name="conv_down")
    with stack("blocks"):
        for _ in range(depth):
            x = dark_residual(x, channels // 2, act, style)
    return x
