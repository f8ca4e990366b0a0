"""Cross-stage-partial stage (Wang et al. 2019, CSPNet, figure 3) of Darknet's residual units, with timm's names.

One 1x1 convolution feeds both ways and is cut in halves, where the configurations of Darknet have one for each.
"""

from __future__ import annotations

from ..ops.channel_slice import split
from ..ops.concat import concat
from ..trace import Value, block, stack
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style
from .dark_residual import dark_residual


@block
def cross_stage_partial(
    x: Value,
    channels: int,
    expand: int,
    width: int,
    depth: int,
    act: Activation,
    stride: int = 2,
    style: Style = TORCH,
) -> Value:
    """Half of `expand` channels pass residual units of the given width; both halves join in `channels`.

    There is no 3x3 convolution before the cut where the stride is 1.
    """
    if stride != 1:
        x = conv_bn_act(x, channels, 3, stride, act=act, style=style, name="conv_down")
    kept, y = split(conv_bn_act(x, expand, 1, act=act, style=style, name="conv_exp"), 2)
    with stack("blocks"):
        for _ in range(depth):
            y = dark_residual(y, width, act, style)
    y = conv_bn_act(y, expand // 2, 1, act=act, style=style, name="conv_transition_b")
    return conv_bn_act(concat([kept, y]), channels, 1, act=act, style=style, name="conv_transition")
