"""MobileNetV2 (Sandler, Howard, Zhu, Zhmoginov & Chen 2018, Inverted Residuals and Linear Bottlenecks), table 2.

`mobilenet_v2` is torchvision's form. `mobilenet_v2.keras` is keras.applications': TensorFlow's SAME padding, another
epsilon and momentum, no dropout; that one ends in a softmax by default, where both forms here give logits.
"""

from __future__ import annotations

from typing import Literal

from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.relu6 import relu6
from ..registry import Network
from ..trace import Value, block, sequence, stack

PAPER = "Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2"

TABLE = (  # expansion t, channels c, repeats n, stride s of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


@sequence
def conv_bn_relu6(x: Value, channels: int, kernel: int, stride: int = 1, groups: int = 1, keras: bool = False) -> Value:
    """Convolution, batch normalisation, ReLU6."""
    pad: int | Literal["same"] = "same" if keras else kernel // 2
    x = conv(x, channels, kernel, stride=stride, pad=pad, groups=groups, bias=False)
    return relu6(normalised(x, keras))


def normalised(x: Value, keras: bool) -> Value:
    """Batch normalisation with the constants of either source."""
    return batch_norm(x, eps=1e-3, momentum=1e-3) if keras else batch_norm(x)


@block
def inverted_residual(x: Value, channels: int, stride: int, expand: int, keras: bool = False) -> Value:
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""
    y, width = x, expand * x.channels
    with stack("conv"):
        if expand != 1:
            y = conv_bn_relu6(y, width, 1, keras=keras)
        y = conv_bn_relu6(y, width, 3, stride, width, keras)
        y = normalised(conv(y, channels, 1, bias=False), keras)
    return x + y if stride == 1 and x.channels == channels else y


def mobilenet_v2(x: Value, num_classes: int, keras: bool = False) -> Value:
    """MobileNetV2 of width 1.0."""
    with stack("features"):
        x = conv_bn_relu6(x, 32, 3, 2, keras=keras)
        for expand, channels, repeats, stride in TABLE:
            for index in range(repeats):
                x = inverted_residual(x, channels, 1 if index else stride, expand, keras)
        x = conv_bn_relu6(x, 1280, 1, keras=keras)
    x = global_avg_pool(x, name="avgpool")
    with stack("classifier"):
        return linear(dropout(x, 0.0 if keras else 0.2), num_classes)


NETWORKS = (
    Network(
        "mobilenet_v2",
        "MobileNetV2 (torchvision)",
        mobilenet_v2,
        family="mobilenet_v2",
        source="torchvision",
        paper=PAPER,
    ),
    Network(
        "mobilenet_v2.keras",
        "MobileNetV2 (keras.applications)",
        mobilenet_v2,
        {"keras": True},
        family="mobilenet_v2",
        source="keras.applications",
        paper=PAPER,
    ),
)
CANONICAL = "mobilenet_v2"
