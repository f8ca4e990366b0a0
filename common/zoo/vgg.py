"""VGG (Simonyan & Zisserman 2014, Very Deep Convolutional Networks for Large-Scale Image Recognition), table 1.

The names, the adaptive pool before the classifier (nothing is pooled at 224 pixels) and the forms with batch
normalisation, whose convolutions keep their bias, are torchvision's, which has columns A, B, D and E.
"""

from __future__ import annotations

from ..ops.adaptive_avg_pool import adaptive_avg_pool
from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.dropout import dropout
from ..ops.flatten import flatten
from ..ops.linear import linear
from ..ops.local_response_norm import local_response_norm
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, stack

# One line of convolutions per row of the paper, as kernel-maps; each row ends in a max pool.
TABLE = {
    "A": ("3-64", "3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "A-LRN": ("3-64 LRN", "3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "B": ("3-64 3-64", "3-128 3-128", "3-256 3-256", "3-512 3-512", "3-512 3-512"),
    "C": ("3-64 3-64", "3-128 3-128", "3-256 3-256 1-256", "3-512 3-512 1-512", "3-512 3-512 1-512"),
    "D": ("3-64 3-64", "3-128 3-128", "3-256 3-256 3-256", "3-512 3-512 3-512", "3-512 3-512 3-512"),
    "E": ("3-64 3-64", "3-128 3-128", "3-256 3-256 3-256 3-256", "3-512 3-512 3-512 3-512", "3-512 3-512 3-512 3-512"),
}


def vgg(x: Value, num_classes: int, column: str, bn: bool = False, hidden: bool = True) -> Value:
    """VGG as a column of table 1, with or without batch normalisation and the two hidden fully connected layers."""
    with stack("features"):
        for row in TABLE[column]:
            for layer in row.split():
                x = unit(x, layer, bn)
            x = max_pool(x, 2)
    x = flatten(adaptive_avg_pool(x, 7, name="avgpool"))
    with stack("classifier"):
        for _ in range(2 if hidden else 0):
            x = dropout(relu(linear(x, 4096)), 0.5)
        return linear(x, num_classes)


def unit(x: Value, layer: str, bn: bool) -> Value:
    """One entry of the table; the normalisation is AlexNet's (section 2.1), with alpha not divided by its size of 5."""
    if layer == "LRN":
        return local_response_norm(x, size=5, alpha=5e-4, beta=0.75, k=2.0)
    kernel, maps = map(int, layer.split("-"))
    x = conv(x, maps, kernel, pad=kernel // 2)
    return relu(batch_norm(x) if bn else x)


def _network(name: str, title: str, column: str, source: str, alias: str = "", bn: bool = False) -> Network:
    arguments, aliases = {"column": column, "bn": bn, "hidden": True}, (alias,) if alias else ()
    return Network(name, title, vgg, arguments, source, aliases, options=("hidden",))


NETWORKS = (
    _network("vgg11_a", "VGG-11 (column A)", "A", "torchvision", "vgg11"),
    _network("vgg11_a_lrn", "VGG-11 (column A-LRN)", "A-LRN", "paper"),
    _network("vgg13_b", "VGG-13 (column B)", "B", "torchvision", "vgg13"),
    _network("vgg16_c", "VGG-16 (column C)", "C", "paper"),
    _network("vgg16_d", "VGG-16 (column D)", "D", "torchvision", "vgg16"),
    _network("vgg19_e", "VGG-19 (column E)", "E", "torchvision", "vgg19"),
    _network("vgg11_bn", "VGG-11 (batch normalisation)", "A", "torchvision", bn=True),
    _network("vgg13_bn", "VGG-13 (batch normalisation)", "B", "torchvision", bn=True),
    _network("vgg16_bn", "VGG-16 (batch normalisation)", "D", "torchvision", bn=True),
    _network("vgg19_bn", "VGG-19 (batch normalisation)", "E", "torchvision", bn=True),
)
CANONICAL = "vgg16_d"
