"""Residual unit of Darknet-53 (Redmon & Farhadi 2018, YOLOv3, table 1): 1x1, 3x3, and a sum without an activation."""

from __future__ import annotations

from ..trace import Value, block
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style


@block
def dark_residual(x: Value, width: int, act: Activation, style: Style = TORCH) -> Value:
    """1x1 convolution to `width` channels, 3x3 back to those of the input, and a shortcut."""
    y = conv_bn_act(x, width, 1, act=act, style=style, name="conv1")
    y = conv_bn_act(y, x.channels, 3, act=act, style=style, name="conv2")
    return x + y
