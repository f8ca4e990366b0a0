"""Ghost module and ghost bottleneck (Han et al. 2019, GhostNet: More Features from Cheap Operations), figures 2b and 3.

The bottleneck is the authors' own code: its gate is a hard sigmoid, and its shortcut has a depthwise convolution.
"""

from __future__ import annotations

from ..ops.batch_norm import batch_norm
from ..ops.channel_slice import channel_slice
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.hard_sigmoid import hard_sigmoid
from ..ops.relu import relu
from ..trace import Value, block, sequence, stack
from .conv_norm import Activation, layers
from .squeeze_excite import squeeze_excite


@block
def ghost_module(x: Value, channels: int, d: int = 3, act: Activation | None = relu) -> Value:
    """Half the channels by a 1x1 convolution, the others from those by cheap `d` x `d` depthwise filters.

    Of an odd number the halves are rounded up, and the channel too many is cut off at the end.
    """
    odd = channels % 2
    primary = channels // 2 + odd
    others = primary if odd else channels - primary
    with stack("primary_conv"):
        x = layers(x, primary, 1, act=act)
    with stack("cheap_operation"):
        y = layers(x, others, d, groups=primary, act=act)
    y = concat([x, y])
    return channel_slice(y, 0, channels) if odd else y


@sequence
def ghost_shortcut(x: Value, channels: int, size: int, stride: int) -> Value:
    """Depthwise and 1x1 convolution, both without an activation."""
    x = conv(x, x.channels, size, stride=stride, pad=size // 2, groups=x.channels, bias=False)
    return batch_norm(conv(batch_norm(x), channels, 1, bias=False))


@block
def ghost_bottleneck(x: Value, width: int, channels: int, kernel: int = 3, stride: int = 1, squeeze: int = 0) -> Value:
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""
    y = ghost_module(x, width, name="ghost1")
    if stride != 1:
        y = conv(y, width, kernel, stride=stride, pad=kernel // 2, groups=width, bias=False, name="conv_dw")
        y = batch_norm(y, name="bn_dw")
    if squeeze:
        y = squeeze_excite(y, squeeze, gate=hard_sigmoid, name="se")
    y = ghost_module(y, channels, act=None, name="ghost2")
    if stride != 1 or x.channels != channels:
        x = ghost_shortcut(x, channels, kernel, stride, name="shortcut")
    return y + x
