"""The convolutions that YOLOv3 (Redmon & Farhadi 2018) and YOLOv4 have at each level, and the map that they end in."""

from __future__ import annotations

from ..ops.conv import conv
from ..trace import Value, block, sequence
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style
from .spp import spp


@sequence
def conv_set(x: Value, width: int, act: Activation, style: Style = TORCH) -> Value:
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many."""
    for kernel in (1, 3, 1, 3, 1):
        x = conv_bn_act(x, width if kernel == 1 else 2 * width, kernel, act=act, style=style)
    return x


@sequence
def spp_set(x: Value, width: int, act: Activation, style: Style = TORCH) -> Value:
    """The set of the coarsest level in YOLOv3-SPP and YOLOv4: pools in its middle, and a 1x1 to narrow them."""
    for kernel in (1, 3, 1):
        x = conv_bn_act(x, width if kernel == 1 else 2 * width, kernel, act=act, style=style)
    x = spp(x, (13, 9, 5), map_last=True)
    for kernel in (1, 3, 1):
        x = conv_bn_act(x, width if kernel == 1 else 2 * width, kernel, act=act, style=style)
    return x


@block
def yolo_head(x: Value, channels: int, outputs: int, act: Activation, style: Style = TORCH) -> Value:
    """A 3x3 convolution to `channels`, and a 1x1 with a bias: the raw map of one level.

    Its `outputs` are ordered by anchor: x, y, w, h and objectness of the first, then its classes, then the next.
    """
    x = conv_bn_act(x, channels, 3, act=act, style=style, name="conv1")
    return conv(x, outputs, 1, name="conv2")


def map_channels(num_classes: int, anchors: int = 3) -> int:
    """The channels of a level's map: a box, its objectness and its classes per anchor; 0 for no classes, no head."""
    return anchors * (5 + num_classes) if num_classes else 0
