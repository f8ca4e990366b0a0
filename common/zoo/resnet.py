"""Residual networks (He, Zhang, Ren & Sun 2015, Deep Residual Learning for Image Recognition), in torchvision's form.

torchvision strides the 3x3 of a bottleneck ("v1.5"), where the paper strides its first 1x1.
"""

from __future__ import annotations

from collections.abc import Callable

from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, sequence, stack

PAPER = "He et al. 2015, Deep Residual Learning for Image Recognition, table 1"


@sequence
def shortcut(x: Value, channels: int, stride: int) -> Value:
    """Projection shortcut (section 3.3, option B)."""
    return batch_norm(conv(x, channels, 1, stride=stride, bias=False))


@block
def basic_block(x: Value, width: int, stride: int = 1) -> Value:
    """Two 3x3 convolutions and a shortcut (figure 5, left)."""
    y = relu(batch_norm(conv(x, width, 3, stride=stride, pad=1, bias=False, name="conv1"), name="bn1"))
    y = batch_norm(conv(y, width, 3, pad=1, bias=False, name="conv2"), name="bn2")
    if stride != 1 or x.channels != width:
        x = shortcut(x, width, stride, name="downsample")
    return relu(y + x)


@block
def bottleneck(x: Value, width: int, stride: int = 1) -> Value:
    """1x1, 3x3, 1x1 convolutions and a shortcut (figure 5, right)."""
    y = relu(batch_norm(conv(x, width, 1, bias=False, name="conv1"), name="bn1"))
    y = relu(batch_norm(conv(y, width, 3, stride=stride, pad=1, bias=False, name="conv2"), name="bn2"))
    y = batch_norm(conv(y, 4 * width, 1, bias=False, name="conv3"), name="bn3")
    if stride != 1 or x.channels != 4 * width:
        x = shortcut(x, 4 * width, stride, name="downsample")
    return relu(y + x)


TABLE: dict[int, tuple[Callable[..., Value], int, int, int, int]] = {
    18: (basic_block, 2, 2, 2, 2),
    34: (basic_block, 3, 4, 6, 3),
    50: (bottleneck, 3, 4, 6, 3),
    101: (bottleneck, 3, 4, 23, 3),
    152: (bottleneck, 3, 8, 36, 3),
}


def resnet(x: Value, num_classes: int, depth: int) -> Value:
    """Residual network of the given depth."""
    unit, *repeats = TABLE[depth]
    x = relu(batch_norm(conv(x, 64, 7, stride=2, pad=3, bias=False, name="conv1"), name="bn1"))
    x = max_pool(x, 3, 2, pad=1, name="maxpool")
    for stage, count in enumerate(repeats):
        with stack(f"layer{stage + 1}"):
            for index in range(count):
                x = unit(x, 64 * 2**stage, 2 if stage and not index else 1)
    return linear(global_avg_pool(x, name="avgpool"), num_classes, name="fc")


NETWORKS = tuple(
    Network(f"resnet{depth}", f"ResNet-{depth}", resnet, {"depth": depth}, "resnet", source="torchvision", paper=PAPER)
    for depth in TABLE
)
CANONICAL = "resnet50"
