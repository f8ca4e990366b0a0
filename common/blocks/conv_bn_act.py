"""The layer of `conv_norm` with children called `conv` and `bn`, as timm and many ports of Darknet name them."""

from __future__ import annotations

from collections.abc import Callable

from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block
from .conv_norm import TORCH, Activation, Style

Unit = Callable[..., Value]
"""A block that others are built of, such as `conv_bn_act`; they say with which arguments they call it."""


@block
def conv_bn_act(
    x: Value,
    channels: int,
    kernel: int,
    stride: int = 1,
    act: Activation | None = relu,
    style: Style = TORCH,
) -> Value:
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""
    pad = style.pad(kernel, stride)
    x = style.norm(conv(x, channels, kernel, stride=stride, pad=pad, bias=False, name="conv"), "bn")
    return act(x) if act else x
