"""Residual blocks (He, Zhang, Ren & Sun 2015, Deep Residual Learning for Image Recognition, figure 5).

The 3x3 of a bottleneck is grouped in ResNeXt (Xie et al. 2016, figure 3c); SENet gates the branches (Hu et al. 2017).
"""

from __future__ import annotations

from dataclasses import dataclass

from ..ops.avg_pool import avg_pool
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block, sequence
from .conv_norm import TORCH, Rate, Style


@dataclass(frozen=True)
class Variant:
    """What the sources of ResNet and its successors do differently in the same blocks.

    `stride_first` puts the stride of a bottleneck on its first 1x1 instead of the 3x3, `bias` gives every convolution
    one, `groups` of `group_width` channels (at 64 channels in the bottleneck) are those of the 3x3, and `projection` is
    the kernel of a shortcut that halves the map. `pooled` halves it by an average pool before the projection, which is
    then of 1x1 without a stride.
    """

    style: Style = TORCH
    stride_first: bool = False
    bias: bool = False
    groups: int = 1
    group_width: int = 64
    projection: int = 1
    pooled: bool = False

    def inner(self, width: int) -> int:
        """Channels of the 3x3 of a bottleneck of this width."""
        return width * (self.groups * self.group_width) // 64


TORCHVISION = Variant()
"""torchvision strides the 3x3 of a bottleneck ("v1.5"), where the paper strides its first 1x1."""


def conv_bn(
    x: Value,
    channels: int,
    kernel: int,
    stride: int,
    number: int,
    variant: Variant,
    groups: int = 1,
    dilation: Rate = None,
) -> Value:
    """The convolution of this number in a block, and its batch normalisation."""
    x = conv(
        *(x, channels, kernel),
        stride=stride,
        pad=kernel // 2 * (dilation or 1),
        dilation=dilation or 1,
        groups=groups,
        bias=variant.bias,
        name=f"conv{number}",
    )
    return variant.style.norm(x, f"bn{number}")


def basic_branch(
    x: Value, width: int, stride: int, variant: Variant, first: Rate = None, dilation: Rate = None
) -> Value:
    """Two 3x3 convolutions, the first of which has a dilation of its own."""
    y = relu(conv_bn(x, width, 3, stride, 1, variant, dilation=first))
    return conv_bn(y, width, 3, 1, 2, variant, dilation=dilation)


def bottleneck_branch(
    x: Value, inner: tuple[int, int], channels: int, stride: int, variant: Variant, dilation: Rate = None
) -> Value:
    """1x1, 3x3, 1x1 convolutions; `inner` are the channels of the first two, `dilation` is that of the 3x3."""
    first, second = (stride, 1) if variant.stride_first else (1, stride)
    y = relu(conv_bn(x, inner[0], 1, first, 1, variant))
    y = relu(conv_bn(y, inner[1], 3, second, 2, variant, variant.groups, dilation))
    return conv_bn(y, channels, 1, 1, 3, variant)


@sequence
def shortcut(x: Value, channels: int, stride: int, variant: Variant = TORCHVISION) -> Value:
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""
    kernel = variant.projection if stride > 1 else 1
    return variant.style.norm(conv(x, channels, kernel, stride=stride, pad=kernel // 2, bias=variant.bias))


@sequence
def pooled_shortcut(x: Value, channels: int, stride: int, variant: Variant, dilation: Rate = None) -> Value:
    """Average pool and projection (He et al. 2018, Bag of Tricks, figure 2c), in the places of timm's `downsample`."""
    if stride > 1:
        x = avg_pool(x, 2, stride, ceil_mode=True, count_include_pad=False)
    elif dilation and dilation > 1:  # timm pads by zeros that count, where it leaves out the stride
        x = avg_pool(x, 2, 1, pad="same")
    return variant.style.norm(conv(x, channels, 1, bias=variant.bias, name="1"), "2")


def joined(x: Value, y: Value, stride: int, variant: Variant, dilation: Rate = None) -> Value:
    """The branch `y` added to `x`, which is projected where the shapes differ, and ReLU."""
    if stride != 1 or x.channels != y.channels:
        if variant.pooled:
            x = pooled_shortcut(x, y.channels, stride, variant, dilation, name="downsample")
        else:
            x = shortcut(x, y.channels, stride, variant, name="downsample")
    return relu(y + x)


@block
def basic_block(
    x: Value, width: int, stride: int = 1, variant: Variant = TORCHVISION, first: Rate = None, dilation: Rate = None
) -> Value:
    """Two 3x3 convolutions and a shortcut (He et al. 2015, figure 5, left).

    The first 3x3 has the dilation `first`: in the first block of a stage, that of the stage before.
    """
    return joined(x, basic_branch(x, width, stride, variant, first, dilation), stride, variant, dilation)


@block
def bottleneck(
    x: Value, width: int, stride: int = 1, variant: Variant = TORCHVISION, first: Rate = None, dilation: Rate = None
) -> Value:
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right).

    The 3x3 has the dilation `first`: in the first block of a stage, that of the stage before.
    """
    y = bottleneck_branch(x, (variant.inner(width), variant.inner(width)), 4 * width, stride, variant, first)
    return joined(x, y, stride, variant, dilation)
