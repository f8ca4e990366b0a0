"""Depthwise separable convolution: one filter per channel, then 1x1 across channels.

`depthwise_separable` is MobileNet's (Howard et al. 2017, figure 3, right), with normalisation and activation after each
half; `separable_conv` is Xception's (Chollet 2016, section 3), with nothing between the halves; `separable_conv_bias`
is EfficientDet's, whose second half has a bias; `separable_conv_bn_act` is that of YOLOX-Nano, whose halves are each a
`conv_bn_act`.
"""

from __future__ import annotations

from ..ops.conv import conv
from ..ops.pad import pad
from ..ops.relu import relu
from ..ops.relu6 import relu6
from ..trace import Value, block
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Rate, Style


@block
def depthwise_separable(
    x: Value,
    channels: int,
    stride: int = 1,
    act: Activation = relu6,
    style: Style = TORCH,
    dilation: Rate = None,
) -> Value:
    """Depthwise 3x3 and 1x1 convolution, each with batch normalisation and activation."""
    width, sides = x.channels, style.pad(3, stride, dilation)
    if isinstance(sides, tuple):  # as keras.applications pads: a layer of its own
        x, sides = pad(x, sides, name="conv_pad"), 0
    x = conv(*(x, width, 3), stride=stride, pad=sides, dilation=dilation or 1, groups=width, bias=False, name="conv_dw")
    x = act(style.norm(x, "bn1"))
    return act(style.norm(conv(x, channels, 1, bias=False, name="conv_pw"), "bn2"))


@block
def separable_conv(x: Value, channels: int, kernel: int = 3) -> Value:
    """Depthwise, then 1x1 convolution."""
    x = conv(x, x.channels, kernel, pad=kernel // 2, groups=x.channels, bias=False, name="conv1")
    return conv(x, channels, 1, bias=False, name="pointwise")


@block
def separable_conv_bias(x: Value, channels: int, kernel: int = 3) -> Value:
    """Depthwise convolution, then 1x1 with a bias."""
    x = conv(x, x.channels, kernel, pad=kernel // 2, groups=x.channels, bias=False, name="conv_dw")
    return conv(x, channels, 1, name="conv_pw")


@block
def depthwise_bn_act(x: Value, stride: int = 1, act: Activation = relu, style: Style = TORCH) -> Value:
    """Depthwise 3x3 convolution without a bias, batch normalisation, and an activation."""
    pad, width = style.pad(3, stride), x.channels
    x = conv(x, width, 3, stride=stride, pad=pad, groups=width, bias=False, name="conv")
    return act(style.norm(x, "bn"))


@block
def separable_conv_bn_act(
    x: Value, channels: int, stride: int = 1, act: Activation = relu, style: Style = TORCH
) -> Value:
    """Depthwise 3x3, then 1x1 convolution, each with batch normalisation and activation."""
    x = depthwise_bn_act(x, stride, act, style, name="dconv")
    return conv_bn_act(x, channels, 1, act=act, style=style, name="pconv")
