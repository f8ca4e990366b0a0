"""The units of two networks that shuffle channels.

ShuffleNet (Zhang, Zhou, Lin & Sun 2017, figure 2) and ShuffleNet V2 (Ma, Zhang, Zheng & Sun 2018, figure 3c and d).
"""

from __future__ import annotations

from ..ops.avg_pool import avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.channel_shuffle import channel_shuffle
from ..ops.channel_slice import split
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block, stack
from .conv_norm import layers


def _shuffled(x: Value, width: int, channels: int, groups: int, first_groups: int, stride: int = 1) -> Value:
    """Grouped 1x1, shuffle, depthwise 3x3, grouped 1x1: the right branch of figure 2; one group is not shuffled."""
    x = conv(x, width, 1, groups=first_groups, bias=False, name="compress_conv1")
    x = relu(batch_norm(x, name="compress_bn1"))
    x = channel_shuffle(x, groups, name="c_shuffle") if groups > 1 else x
    x = conv(x, width, 3, stride=stride, pad=1, groups=width, bias=False, name="dw_conv2")
    x = conv(batch_norm(x, name="dw_bn2"), channels, 1, groups=groups, bias=False, name="expand_conv3")
    return batch_norm(x, name="expand_bn3")


@block
def shuffle_unit(x: Value, groups: int) -> Value:
    """Grouped convolutions with a shuffle between them, added to the input (figure 2b)."""
    return relu(_shuffled(x, x.channels // 4, x.channels, groups, groups) + x)


@block
def strided_shuffle_unit(x: Value, width: int, groups: int, first_groups: int) -> Value:
    """Unit that halves the map: the mean of the input stands after what is computed (figure 2c).

    The output has four times the width. The first 1x1 has groups of its own number: that of the first unit is dense.
    """
    y = _shuffled(x, width, 4 * width - x.channels, groups, first_groups, 2)
    return relu(concat([y, avg_pool(x, 3, 2, pad=1, name="avgpool")]))


def _projection(x: Value, channels: int) -> Value:
    """Depthwise 3x3 at stride 2, then 1x1: the left branch of figure 3d."""
    return layers(layers(x, x.channels, 3, 2, x.channels, act=None), channels, 1)


def _main_branch(x: Value, width: int, channels: int, stride: int = 1) -> Value:
    """1x1, depthwise 3x3, 1x1: the right branch of figures 3c and 3d."""
    return layers(layers(layers(x, width, 1), width, 3, stride, width, act=None), channels, 1)


@block
def basic_unit(x: Value) -> Value:
    """Unit in which one half of the channels stays as it is (figure 3c)."""
    kept, y = split(x, 2)
    with stack("branch2"):
        y = _main_branch(y, x.channels // 2, x.channels // 2)
    return channel_shuffle(concat([kept, y]), 2)


@block
def downsampling_unit(x: Value, channels: int) -> Value:
    """Unit that halves the map, whose branches both read all channels (figure 3d)."""
    with stack("branch1"):
        kept = _projection(x, channels // 2)
    with stack("branch2"):
        y = _main_branch(x, channels // 2, channels // 2, 2)
    return channel_shuffle(concat([kept, y]), 2)


@block
def basic_unit_megvii(x: Value) -> Value:
    """Unit in which the even channels stay as they are, as the authors released it: it shuffles first, not last."""
    even, odd = split(channel_shuffle(x, x.channels // 2), 2)
    with stack("branch_main"):
        odd = _main_branch(odd, x.channels // 2, x.channels // 2)
    return concat([even, odd])


@block
def downsampling_unit_megvii(x: Value, channels: int) -> Value:
    """Unit that halves the map, as the authors released it: the left branch keeps its channels; no shuffle."""
    with stack("branch_proj"):
        kept = _projection(x, x.channels)
    with stack("branch_main"):
        y = _main_branch(x, channels // 2, channels - x.channels, 2)
    return concat([kept, y])
