"""A head that all levels of a pyramid share (Lin et al. 2017, RetinaNet, section 4), as in EfficientDet.

The convolutions are the same on every level; the normalisations are not: each level has its own after each of them.
"""

from __future__ import annotations

from ..ops.silu import silu
from ..trace import Value, block, per_call
from .conv_norm import TORCH, Activation, Style
from .depthwise_separable import separable_conv_bias


@block
def level_head(x: Value, outputs: int, depth: int, act: Activation = silu, style: Style = TORCH) -> Value:
    """The raw map of one level: separable convolutions, each normalised as this level needs, and one to `outputs`.

    There are `depth` of the width of the map before the last one to `outputs` channels, which 0 leaves out. Called
    through `shared`, once for each level, it has its convolutions once.
    """
    for number in range(depth):
        x = separable_conv_bias(x, x.channels, name=f"conv_rep.{number}")
        with per_call():
            x = style.norm(x, f"bn_rep.{number}")
        x = act(x)
    return separable_conv_bias(x, outputs, name="predict") if outputs else x
