"""Sandglass block (Zhou, Hou, Chen, Feng & Yan 2020, Rethinking Bottleneck Structure, figure 3b).

An inverted residual turned inside out: the shortcut joins the wide ends, where the depthwise convolutions are.
"""

from __future__ import annotations

from ..ops.relu6 import relu6
from ..trace import Value, block, stack
from .conv_norm import TORCH, Activation, Style, layers


@block
def sandglass(
    x: Value,
    width: int,
    channels: int,
    stride: int = 1,
    before: bool = True,
    after: bool = True,
    act: Activation = relu6,
    style: Style = TORCH,
) -> Value:
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride.

    The reduction and the last convolution have no activation. `before` and `after` tell which of the depthwise
    convolutions there are; without the last one there is no stride. A shortcut where input and output have one shape.
    """
    y = x
    with stack("conv"):
        if before:
            y = layers(y, x.channels, 3, groups=x.channels, act=act, style=style)
        y = layers(y, width, 1, act=None, style=style)
        y = layers(y, channels, 1, act=act, style=style)
        if after:
            y = layers(y, channels, 3, stride, channels, None, style)
    return x + y if stride == 1 and x.channels == channels else y
