"""Focus, the stem of YOLOv5 up to v5.0 and of YOLOX: each square of 2x2 pixels becomes channels, and a 3x3 follows.

The pixels of a square come in the order (0, 0), (1, 0), (0, 1), (1, 1) of (row, column), each with all channels of the
image: another one than that of nn.PixelUnshuffle and of tf.nn.space_to_depth, so that weights must not go from one to
the other by shape.
"""

from __future__ import annotations

from ..ops.space_to_depth import space_to_depth
from ..trace import Value, block
from .conv_bn_act import Unit, conv_bn_act


@block
def focus(x: Value, channels: int, conv: Unit = conv_bn_act) -> Value:
    """A map of even height and width (C, H, W) to (channels, H / 2, W / 2)."""
    return conv(space_to_depth(x, order="focus"), channels, 3, name="conv")
