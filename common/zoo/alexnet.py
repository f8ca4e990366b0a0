"""AlexNet (Krizhevsky, Sutskever & Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks).

The paper has no table: its figure 2 and section 3.5 give the layers. `alexnet_original` has the two halves of the paper
as groups and Caffe's layer names; the paper says 224 pixels, but its 55x55 maps need 227. `caffenet` is Caffe's
reference model, which pools before it normalises, `alexnet_ungrouped` is pytorchcv's form; both have other constants of
normalisation. `alexnet_torchvision` is the one-column form of Krizhevsky 2014 (One Weird Trick), without any.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from ..ops.adaptive_avg_pool import adaptive_avg_pool
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.flatten import flatten
from ..ops.linear import linear
from ..ops.local_response_norm import local_response_norm
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

ALPHA = 5e-4
"""That of section 3.3: the paper's 1e-4 is not divided by the size of 5, as ours, Caffe's and torch's are."""


def pooled(x: Value, name: str) -> Value:
    """Overlapping pooling (section 3.4); cuda-convnet and Caffe round its output size up."""
    return max_pool(x, 3, 2, ceil_mode=True, name=name)


def reduced(x: Value, number: int, alpha: float, k: float, pool_first: bool) -> Value:
    """Response normalisation (section 3.3) and pooling, in either order."""
    norm = partial(local_response_norm, size=5, alpha=alpha, beta=0.75, k=k, name=f"norm{number}")
    return norm(pooled(x, f"pool{number}")) if pool_first else pooled(norm(x), f"pool{number}")


def alexnet(
    x: Value, num_classes: int, groups: int = 2, alpha: float = ALPHA, k: float = 2.0, pool_first: bool = False
) -> Value:
    """Five convolutions and three linear layers (figure 2)."""
    x = relu(conv(x, 96, 11, stride=4, name="conv1"), name="relu1")
    x = reduced(x, 1, alpha, k, pool_first)
    x = relu(conv(x, 256, 5, pad=2, groups=groups, name="conv2"), name="relu2")
    x = reduced(x, 2, alpha, k, pool_first)
    x = relu(conv(x, 384, 3, pad=1, name="conv3"), name="relu3")
    x = relu(conv(x, 384, 3, pad=1, groups=groups, name="conv4"), name="relu4")
    x = relu(conv(x, 256, 3, pad=1, groups=groups, name="conv5"), name="relu5")
    x = flatten(pooled(x, "pool5"))
    x = dropout(relu(linear(x, 4096, name="fc6"), name="relu6"), 0.5, name="drop6")
    x = dropout(relu(linear(x, 4096, name="fc7"), name="relu7"), 0.5, name="drop7")
    return linear(x, num_classes, name="fc8")


def alexnet_torchvision(x: Value, num_classes: int) -> Value:
    """AlexNet in one column, as torchvision has it."""
    with stack("features"):
        x = max_pool(relu(conv(x, 64, 11, stride=4, pad=2)), 3, 2)
        x = max_pool(relu(conv(x, 192, 5, pad=2)), 3, 2)
        x = relu(conv(x, 384, 3, pad=1))
        x = relu(conv(x, 256, 3, pad=1))
        x = max_pool(relu(conv(x, 256, 3, pad=1)), 3, 2)
    x = flatten(adaptive_avg_pool(x, 6, name="avgpool"))
    with stack("classifier"):
        x = relu(linear(dropout(x, 0.5), 4096))
        x = relu(linear(dropout(x, 0.5), 4096))
        return linear(x, num_classes)


def _network(name: str, title: str, source: str, aliases: tuple[str, ...] = (), **arguments: Any) -> Network:
    size, sizes = (227, 227), ((96, 80), (75, 107))
    return Network(name, title, alexnet, arguments, source, aliases, input_size=size, check_sizes=sizes)


NETWORKS = (
    _network("alexnet_original", "AlexNet (2012)", "paper", ("alexnet",)),
    _network("caffenet", "CaffeNet", "caffe", alpha=1e-4, k=1.0, pool_first=True),
    _network("alexnet_ungrouped", "AlexNet (pytorchcv, without groups)", "pytorchcv", groups=1, alpha=1e-4),
    Network(
        "alexnet_torchvision",
        "AlexNet (torchvision)",
        alexnet_torchvision,
        source="torchvision",
        check_sizes=((96, 80), (75, 107)),
    ),
)
CANONICAL = "alexnet_original"
