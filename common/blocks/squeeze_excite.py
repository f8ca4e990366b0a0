"""Squeeze and excitation (Hu, Shen & Sun 2017, Squeeze-and-Excitation Networks, figure 2)."""

from __future__ import annotations

from ..ops.adaptive_avg_pool import adaptive_avg_pool
from ..ops.conv import conv
from ..ops.relu import relu
from ..ops.sigmoid import sigmoid
from ..trace import Value, block
from .conv_norm import Activation


@block
def squeeze_excite(x: Value, squeeze: int, act: Activation = relu, gate: Activation = sigmoid) -> Value:
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""
    y = act(conv(adaptive_avg_pool(x, 1), squeeze, 1, name="fc1"))
    return x * gate(conv(y, x.channels, 1, name="fc2"))
