"""Densely connected networks (Huang, Liu, van der Maaten & Weinberger 2017), table 1, in torchvision's form."""

from __future__ import annotations

from ..ops.avg_pool import avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, sequence, stack

PAPER = "Huang et al. 2017, Densely Connected Convolutional Networks, table 1"
GROWTH = 32

TABLE = {121: (6, 12, 24, 16)}  # layers of the four dense blocks


@block
def dense_layer(x: Value, growth: int) -> Value:
    """BN-ReLU-Conv 1x1, BN-ReLU-Conv 3x3 (DenseNet-B), put behind all the maps before (equation 2)."""
    y = conv(relu(batch_norm(x, name="norm1"), name="relu1"), 4 * growth, 1, bias=False, name="conv1")
    y = conv(relu(batch_norm(y, name="norm2"), name="relu2"), growth, 3, pad=1, bias=False, name="conv2")
    return concat([x, y])


@sequence
def transition(x: Value) -> Value:
    """Half the channels (DenseNet-C) and half the size."""
    x = relu(batch_norm(x, name="norm"), name="relu")
    return avg_pool(conv(x, x.channels // 2, 1, bias=False, name="conv"), 2, name="pool")


def densenet(x: Value, num_classes: int, depth: int) -> Value:
    """DenseNet-BC of the given depth."""
    with stack("features"):
        x = conv(x, 2 * GROWTH, 7, stride=2, pad=3, bias=False, name="conv0")
        x = relu(batch_norm(x, name="norm0"), name="relu0")
        x = max_pool(x, 3, 2, pad=1, name="pool0")
        for number, layers in enumerate(TABLE[depth], start=1):
            if number > 1:
                x = transition(x, name=f"transition{number - 1}")
            with stack(f"denseblock{number}"):
                for index in range(layers):
                    x = dense_layer(x, GROWTH, name=f"denselayer{index + 1}")
        x = batch_norm(x, name="norm5")
    return linear(global_avg_pool(relu(x), name="avgpool"), num_classes, name="classifier")


NETWORKS = tuple(
    Network(
        f"densenet{depth}",
        f"DenseNet-{depth}",
        densenet,
        {"depth": depth},
        family="densenet",
        source="torchvision",
        paper=PAPER,
    )
    for depth in TABLE
)
CANONICAL = "densenet121"
