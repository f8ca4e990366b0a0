"""Xception (Chollet 2016, Xception: Deep Learning with Depthwise Separable Convolutions), figure 5.

`xception` is timm's `legacy_xception`. `xception.keras` is keras.applications', the author's own: max pools with
TensorFlow's SAME padding, another epsilon and momentum; that one ends in a softmax by default, these in logits.
"""

from __future__ import annotations

from ..blocks.conv_norm import TORCH, Style
from ..blocks.depthwise_separable import separable_conv
from ..ops.conv import conv
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..registry import Network
from ..trace import Value, block, stack

KERAS = Style(eps=1e-3, momentum=0.01, same=True)
TABLE = (  # channels of both convolutions of a module that halves the map; the modules between keep its channels
    (128, 128),
    (256, 256),
    (728, 728),
    *[()] * 8,
    (728, 1024),
)


def separable(x: Value, *channels: int, act: bool, style: Style) -> Value:
    """Separable convolutions, each after a ReLU, but for the first where it needs none."""
    for index, width in enumerate(channels):
        if index or act:
            x = relu(x)
        x = style.norm(separable_conv(x, width))
    return x


def halved(x: Value, width: int, channels: int, act: bool, style: Style) -> Value:
    """Two separable convolutions and a pool, and a strided 1x1 convolution of the input as it is, without a ReLU."""
    with stack("rep"):
        y = max_pool(separable(x, width, channels, act=act, style=style), 3, 2, pad=style.pad(3))
    return y + style.norm(conv(x, channels, 1, stride=2, bias=False, name="skip"), "skipbn")


@block
def first_module(x: Value, width: int, channels: int, style: Style) -> Value:
    """Halving module whose input has gone through a ReLU."""
    return halved(x, width, channels, False, style)


@block
def halving_module(x: Value, width: int, channels: int, style: Style) -> Value:
    """Two separable convolutions and a pool (entry and exit flow)."""
    return halved(x, width, channels, True, style)


@block
def middle_module(x: Value, style: Style) -> Value:
    """Three separable convolutions, and the input as it is (middle flow)."""
    with stack("rep"):
        y = separable(x, *[x.channels] * 3, act=True, style=style)
    return y + x


def xception(x: Value, num_classes: int, keras: bool = False) -> Value:
    """Xception."""
    style = KERAS if keras else TORCH
    x = relu(style.norm(conv(x, 32, 3, stride=2, bias=False, name="conv1"), "bn1"))
    x = relu(style.norm(conv(x, 64, 3, bias=False, name="conv2"), "bn2"))
    for number, widths in enumerate(TABLE, start=1):
        module = (halving_module if number > 1 else first_module) if widths else middle_module
        x = module(x, *widths, style, name=f"block{number}")
    x = relu(style.norm(separable_conv(x, 1536, name="conv3"), "bn3"))
    x = relu(style.norm(separable_conv(x, 2048, name="conv4"), "bn4"))
    return linear(global_avg_pool(x, name="global_pool"), num_classes, name="fc")


def _network(name: str, title: str, source: str, keras: bool, aliases: tuple[str, ...] = ()) -> Network:
    size, sizes = (299, 299), ((80, 96), (81, 99))
    return Network(name, title, xception, {"keras": keras}, source, aliases, input_size=size, check_sizes=sizes)


NETWORKS = (
    _network("xception", "Xception (timm)", "timm", False, ("legacy_xception",)),
    _network("xception.keras", "Xception (keras.applications)", "keras.applications", True),
)
CANONICAL = "xception"
