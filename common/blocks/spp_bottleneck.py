"""Spatial pyramid pooling between two 1x1 convolutions, as YOLOv5 and YOLOX have it at the end of the backbone."""

from __future__ import annotations

from ..trace import Value, block
from .conv_bn_act import Unit, conv_bn_act
from .spp import spp


@block
def spp_bottleneck(x: Value, channels: int, pool: Unit = spp, conv: Unit = conv_bn_act) -> Value:
    """A 1x1 convolution to half of the channels, pyramid pooling, and another 1x1 convolution.

    `pool` is `spp`, or `sppf` with the same numbers.
    """
    x = conv(x, x.channels // 2, 1, name="conv1")
    return conv(pool(x, name="pool"), channels, 1, name="conv2")
