"""The joints of a feature pyramid that concatenates: top-down (YOLOv3), and bottom-up again (YOLOv4's PAN).

Liu et al. 2018 (PANet) and Lin et al. 2016 (FPN) add the maps; the YOLOs put them side by side.
"""

from __future__ import annotations

from ..errors import SpecError
from ..ops.concat import concat
from ..ops.resize import Mode, resize
from ..trace import Value, block
from .conv_bn_act import conv_bn_act
from .conv_norm import TORCH, Activation, Style


@block
def top_down(
    x: Value,
    tap: Value,
    channels: int,
    act: Activation,
    style: Style = TORCH,
    lateral: bool = False,
    mode: Mode = "nearest",
) -> Value:
    """A coarse map in 1x1 `channels` at twice its size, then the tapped map of that size beside it.

    With `lateral` the tapped map passes a 1x1 convolution to as many channels, and comes first.
    """
    up = resize(conv_bn_act(x, channels, 1, act=act, style=style, name="conv_up"), scale=2, mode=mode)
    if not lateral:
        return concat([up, tap])
    return concat([conv_bn_act(tap, channels, 1, act=act, style=style, name="conv_lateral"), up])


@block
def bottom_up(x: Value, coarse: Value, channels: int, act: Activation, style: Style = TORCH) -> Value:
    """A fine map in 3x3 `channels` at half its size, then the coarse map of that size beside it."""
    return concat([conv_bn_act(x, channels, 3, 2, act=act, style=style, name="conv_down"), coarse])


def require_halving(x: Value, finest: int, coarsest: int) -> None:
    """Raise SpecError for an image of which not every level, from stride to stride, has half the size of the last.

    Layers of stride 2 round up, so that a side may fall short of a multiple by less than the finest stride.
    """
    if any(-side % coarsest >= finest for side in x.shape[1:]):
        raise SpecError(
            f"height and width are multiples of {coarsest}, or up to {finest - 1} less, so that each level has half "
            f"the size of the one before; not {'x'.join(map(str, x.shape[1:]))}"
        )
