"""Convolution, batch normalisation and activation: the layer that most networks since 2015 are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..geometry import Pads, same_pads
from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, sequence

Activation = Callable[..., Value]
Rate = int | None
"""A dilation; None in a network without any, whose blocks have no parameter for it."""


@dataclass(frozen=True)
class Style:
    """What the sources of one network do differently: the constants of normalisation, and where a stride pads.

    `eps`, `momentum` and `scale` are those of `batch_norm` (torch's convention); `same` is TensorFlow's SAME, with the
    odd pixel at the bottom and right, in place of half a kernel on every side. "even" pads maps of any size at a stride
    as SAME pads even ones, as some models of keras.applications do.
    """

    eps: float = 1e-5
    momentum: float = 0.1
    same: bool | Literal["even"] = False
    scale: bool = True

    def pad(self, kernel: int, stride: int = 1, dilation: Rate = None) -> int | Pads | Literal["same"]:
        """The padding of a convolution with a square kernel of this size, which must be odd, without both others."""
        if self.same == "even" and stride > 1:
            before, after = same_pads(2 * int(stride), int(kernel), int(stride))
            return before, after, before, after
        return "same" if self.same else kernel // 2 * (dilation or 1)

    def norm(self, x: Value, name: str | None = None) -> Value:
        """Batch normalisation with the constants of this source."""
        return batch_norm(x, eps=self.eps, momentum=self.momentum, scale=self.scale, name=name)


TORCH = Style()
"""PyTorch's defaults."""


def layers(
    x: Value,
    channels: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    act: Activation | None = relu,
    style: Style = TORCH,
    dilation: Rate = None,
) -> Value:
    """The layers of `conv_norm` as children of the block around, which must be a chain."""
    pad = style.pad(kernel, stride, dilation)
    x = conv(x, channels, kernel, stride=stride, pad=pad, dilation=dilation or 1, groups=groups, bias=False)
    x = style.norm(x)
    return act(x) if act else x


@sequence
def conv_norm(
    x: Value,
    channels: int,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    act: Activation | None = relu,
    style: Style = TORCH,
    dilation: Rate = None,
) -> Value:
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""
    return layers(x, channels, kernel, stride, groups, act, style, dilation)
