"""AlexNet (Krizhevsky, Sutskever & Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks).

The paper has no table: its figure 2 and section 3.5 give the layers. Two forms stand here. `alexnet_original` has the
two halves of the paper as groups and Caffe's layer names; the paper says 224 pixels, but its 55x55 maps need 227.
`alexnet_torchvision` is the one-column form of Krizhevsky 2014 (One Weird Trick), without normalisation.
"""

from __future__ import annotations

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

PAPER = "Krizhevsky et al. 2012, ImageNet Classification with Deep Convolutional Neural Networks, figure 2"


def normalised(x: Value, name: str) -> Value:
    """Response normalisation with the constants of section 3.3, where alpha = 1e-4 is not divided by the size of 5."""
    return local_response_norm(x, size=5, alpha=5e-4, beta=0.75, k=2.0, name=name)


def pooled(x: Value, name: str) -> Value:
    """Overlapping pooling (section 3.4); cuda-convnet and Caffe round its output size up."""
    return max_pool(x, 3, 2, ceil_mode=True, name=name)


def alexnet(x: Value, num_classes: int) -> Value:
    """AlexNet in two groups (figure 2)."""
    x = relu(conv(x, 96, 11, stride=4, name="conv1"), name="relu1")
    x = pooled(normalised(x, "norm1"), "pool1")
    x = relu(conv(x, 256, 5, pad=2, groups=2, name="conv2"), name="relu2")
    x = pooled(normalised(x, "norm2"), "pool2")
    x = relu(conv(x, 384, 3, pad=1, name="conv3"), name="relu3")
    x = relu(conv(x, 384, 3, pad=1, groups=2, name="conv4"), name="relu4")
    x = relu(conv(x, 256, 3, pad=1, groups=2, name="conv5"), name="relu5")
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


NETWORKS = (
    Network(
        "alexnet_original",
        "AlexNet (2012)",
        alexnet,
        family="alexnet",
        aliases=("alexnet",),
        paper=PAPER,
        input_size=(227, 227),
        check_sizes=((96, 80), (75, 107)),
    ),
    Network(
        "alexnet_torchvision",
        "AlexNet (torchvision)",
        alexnet_torchvision,
        family="alexnet",
        source="torchvision",
        paper="Krizhevsky 2014, One weird trick for parallelizing convolutional neural networks",
        check_sizes=((96, 80), (75, 107)),
    ),
)
CANONICAL = "alexnet_original"
