"""Path aggregation that adds (Liu et al. 2018, Path Aggregation Network for Instance Segmentation, figure 1 and 2).

A feature pyramid, and from its finest level up again: each result is halved by a 3x3 convolution, added to the level
above, and followed by another. `pan` is the form of the YOLOs, which put maps side by side.
"""

from __future__ import annotations

from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block
from .fpn import fpn
from .pan import added, bottom_up


@block
def conv_relu(x: Value, channels: int, stride: int = 1) -> Value:
    """A 3x3 convolution with a bias, and a ReLU."""
    return relu(conv(x, channels, 3, stride=stride, pad=1, name="conv"))


@block
def panet(maps: list[Value], width: int) -> list[Value]:
    """Maps of halving size, the largest first, to as many of `width` channels; the first is that of the pyramid."""
    levels = fpn(maps, width)
    return bottom_up(levels[0], levels[1:], [width] * (len(levels) - 1), conv_relu, conv_relu, join=added)
