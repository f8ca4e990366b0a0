"""MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov & Chen 2018, Inverted Residuals and Linear Bottlenecks), table 2.

`mobilenet_v2` is torchvision's form. `mobilenet_v2.keras` is keras.applications': TensorFlow's SAME padding, another
epsilon and momentum, no dropout; that one ends in a softmax by default, where both forms here give logits.
`output_stride` is timm's option of that name, and TF-slim's in DeepLab; torchvision has none.
"""

from __future__ import annotations

import itertools
from typing import Any

from ..blocks.conv_norm import TORCH, Style, conv_norm
from ..blocks.inverted_residual import inverted_residual
from ..blocks.make_divisible import make_divisible
from ..blocks.output_stride import WHOLE, rates
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu6 import relu6
from ..registry import Network
from ..trace import Value, stack

TABLE = (  # expansion t, channels c, repeats n, stride s of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
KERAS = Style(eps=1e-3, momentum=1e-3, same=True)


def mobilenet_v2(x: Value, num_classes: int, width: float, keras: bool = False, output_stride: int = WHOLE) -> Value:
    """MobileNetV2 of a width; the last convolution does not get narrower than 1280 (section 5, footnote)."""
    style = KERAS if keras else TORCH
    strides = [1 if index else stride for _, _, repeats, stride in TABLE for index in range(repeats)]
    units = iter(rates(strides, 2, output_stride))
    with stack("features"):
        x = conv_norm(x, make_divisible(32 * width), 3, 2, act=relu6, style=style)
        for expand, channels, repeats, _ in TABLE:
            # keras.applications cuts off the fraction before it rounds
            scaled = make_divisible(int(channels * width) if keras else channels * width)
            for stride, dilation in itertools.islice(units, repeats):
                wide = expand * x.channels
                x = inverted_residual(
                    x, wide, scaled, 3, stride, act=relu6, style=style, chain="conv", dilation=dilation
                )
        x = conv_norm(x, make_divisible(1280 * max(width, 1.0)), 1, act=relu6, style=style)
    x = global_avg_pool(x, name="avgpool")
    with stack("classifier"):
        return linear(dropout(x, 0.0 if keras else 0.2), num_classes)


def _network(name: str, source: str, **arguments: Any) -> Network:
    """One form, in which the width and the output stride may be chosen."""
    chosen = {"width": 1.0, "output_stride": WHOLE}
    return Network(name, f"MobileNetV2 ({source})", mobilenet_v2, arguments | chosen, source, options=tuple(chosen))


NETWORKS = (
    _network("mobilenet_v2", "torchvision"),
    _network("mobilenet_v2.keras", "keras.applications", keras=True),
)
CANONICAL = "mobilenet_v2"
