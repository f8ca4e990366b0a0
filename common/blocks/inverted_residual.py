"""Inverted residual (Sandler et al. 2018, MobileNetV2, figure 4d), with the gate of MobileNetV3 where asked for.

Known as MBConv from MnasNet and EfficientNet on.
"""

from __future__ import annotations

from typing import Literal

from ..ops.relu import relu
from ..ops.relu6 import relu6
from ..ops.sigmoid import sigmoid
from ..trace import Value, block, stack
from .conv_norm import TORCH, Activation, Rate, Style, conv_norm, layers
from .squeeze_excite import squeeze_excite

Chain = Literal["block", "conv", "layers"]


@block
def inverted_residual(
    x: Value,
    width: int,
    channels: int,
    kernel: int = 3,
    stride: int = 1,
    squeeze: int = 0,
    act: Activation = relu6,
    squeeze_act: Activation = relu,
    gate: Activation = sigmoid,
    style: Style = TORCH,
    chain: Chain = "block",
    dilation: Rate = None,
) -> Value:
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`.

    There is no expansion where the width is that of the input, no gate where `squeeze` is 0, and a shortcut where input
    and output have one shape. `chain` names the parts as torchvision does in MobileNetV3 and EfficientNet ("block"),
    MobileNetV2 ("conv": the projection is not a chain of its own) and MnasNet ("layers": nothing is).
    """
    unit = layers if chain == "layers" else conv_norm
    project = conv_norm if chain == "block" else layers
    y = x
    with stack(chain):
        if width != x.channels:
            y = unit(y, width, 1, act=act, style=style)
        y = unit(y, width, kernel, stride, width, act, style, dilation)
        if squeeze:
            y = squeeze_excite(y, squeeze, squeeze_act, gate)
        y = project(y, channels, 1, act=None, style=style)
    return x + y if stride == 1 and x.channels == channels else y
