"""The convolutions that YOLOv3 (Redmon & Farhadi 2018) and YOLOv4 have at each level, and the map that they end in."""

from __future__ import annotations

from ..ops.conv import conv
from ..trace import Value, block, sequence
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style
from .spp import spp


@sequence
def conv_set(x: Value, width: int, act: Activation, style: Style = TORCH, pooled: bool = False) -> Value:
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many.

    `pooled` stands for the coarsest level of YOLOv3-SPP and YOLOv4: pools after the third, and a 1x1 to narrow them.
    """
    for index in range(5):
        if pooled and index == 3:
            x = conv_bn_act(spp(x, (13, 9, 5), map_last=True), width, 1, act=act, style=style)
        wide = index % 2
        x = conv_bn_act(x, 2 * width if wide else width, 3 if wide else 1, act=act, style=style)
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
