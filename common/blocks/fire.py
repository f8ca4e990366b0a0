"""Fire module (Iandola et al. 2016, SqueezeNet, section 3.2, figure 1), with the bypasses of section 6 (figure 2)."""

from __future__ import annotations

from typing import Literal

from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.relu import relu
from ..trace import Value, block

Bypass = Literal["none", "simple", "complex"]


@block
def fire(x: Value, squeeze: int, expand1x1: int, expand3x3: int, bypass: Bypass = "none") -> Value:
    """1x1 convolution to `squeeze` channels, then 1x1 and 3x3 convolutions side by side.

    A bypass adds the input where it has as many channels as the output; a complex one elsewhere its 1x1 projection.
    """
    y = relu(conv(x, squeeze, 1, name="squeeze"))
    y = concat([relu(conv(y, expand1x1, 1, name="expand1x1")), relu(conv(y, expand3x3, 3, pad=1, name="expand3x3"))])
    if bypass != "none" and x.channels == y.channels:
        return x + y
    return conv(x, y.channels, 1, name="bypass") + y if bypass == "complex" else y
