"""ShuffleNet V2 (Ma, Zhang, Zheng & Sun 2018, Practical Guidelines for Efficient CNN Architecture Design), table 5.

The form is torchvision's. Megvii's own release is another network: it splits even from odd channels on entry to a unit,
gives the two branches of a downsampling unit other widths, and has no bias in its classifier.
"""

from __future__ import annotations

from ..ops.batch_norm import batch_norm
from ..ops.channel_shuffle import channel_shuffle
from ..ops.channel_slice import split
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, sequence, stack

PAPER = "Ma et al. 2018, ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, table 5"

REPEATS = (4, 8, 4)  # units of stages 2, 3 and 4
TABLE = {"x1_0": (24, 116, 232, 464, 1024)}  # output channels of conv1, stages 2 to 4 and conv5


@sequence
def conv_bn_relu(x: Value, channels: int, kernel: int, stride: int = 1) -> Value:
    """Convolution, batch normalisation, ReLU."""
    return relu(batch_norm(conv(x, channels, kernel, stride=stride, pad=kernel // 2, bias=False)))


def depthwise(x: Value, stride: int) -> Value:
    """Depthwise 3x3 convolution and batch normalisation, without an activation."""
    return batch_norm(conv(x, x.channels, 3, stride=stride, pad=1, groups=x.channels, bias=False))


def pointwise(x: Value, channels: int) -> Value:
    """1x1 convolution, batch normalisation, ReLU."""
    return relu(batch_norm(conv(x, channels, 1, bias=False)))


@block
def unit(x: Value) -> Value:
    """Basic unit: one half of the channels stays as it is (figure 3c)."""
    kept, y = split(x, 2)
    with stack("branch2"):
        y = pointwise(depthwise(pointwise(y, x.channels // 2), 1), x.channels // 2)
    return channel_shuffle(concat([kept, y]), 2)


@block
def downsampling_unit(x: Value, channels: int) -> Value:
    """Unit that halves the map: both branches read all channels (figure 3d)."""
    with stack("branch1"):
        kept = pointwise(depthwise(x, 2), channels // 2)
    with stack("branch2"):
        y = pointwise(depthwise(pointwise(x, channels // 2), 2), channels // 2)
    return channel_shuffle(concat([kept, y]), 2)


def shufflenet_v2(x: Value, num_classes: int, width: str) -> Value:
    """ShuffleNet V2 of the given width."""
    first, *stages, last = TABLE[width]
    x = conv_bn_relu(x, first, 3, 2, name="conv1")
    x = max_pool(x, 3, 2, pad=1, name="maxpool")
    for number, (channels, repeats) in enumerate(zip(stages, REPEATS, strict=True), start=2):
        with stack(f"stage{number}"):
            x = downsampling_unit(x, channels)
            for _ in range(repeats - 1):
                x = unit(x)
    x = conv_bn_relu(x, last, 1, name="conv5")
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


NETWORKS = tuple(
    Network(
        f"shufflenet_v2_{width}",
        f"ShuffleNet V2 {width.replace('_', '.')}",
        shufflenet_v2,
        {"width": width},
        family="shufflenet_v2",
        source="torchvision",
        paper=PAPER,
    )
    for width in TABLE
)
CANONICAL = "shufflenet_v2_x1_0"
