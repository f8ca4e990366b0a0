"""Cross-stage-partial unit of YOLOv4-tiny (Wang et al. 2020, Scaled-YOLOv4): half of the channels go through it."""

from __future__ import annotations

from ..ops.channel_slice import channel_slice
from ..ops.concat import concat
from ..trace import Value, block
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style


@block
def csp_tiny(x: Value, channels: int, act: Activation, style: Style = TORCH) -> tuple[Value, Value]:
    """The unit's answer, of twice `channels`, and the `channels` of its 1x1 convolution, which a neck may tap.

    The second half of the first convolution's channels goes through; all of them go around.
    """
    around = conv_bn_act(x, channels, 3, act=act, style=style, name="conv1")
    y = channel_slice(around, channels // 2, channels)
    y = conv_bn_act(y, channels // 2, 3, act=act, style=style, name="conv2")
    z = conv_bn_act(y, channels // 2, 3, act=act, style=style, name="conv3")
    y = conv_bn_act(concat([z, y]), channels, 1, act=act, style=style, name="conv4")
    return concat([around, y]), y
