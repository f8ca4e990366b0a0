"""Inception modules (Szegedy et al. 2014, Going Deeper with Convolutions, figure 2): naive (a), and reduced (b).

What the 1x1 reductions save, on the input of module 3a; the naive module also passes on all channels of its pool:

>>> from diptych.common.trace import trace
>>> reduced = trace(lambda x: inception(x, 64, 96, 128, 16, 32, 32), "reduced", (192, 28, 28))
>>> naive = trace(lambda x: naive_inception(x, 64, 128, 32), "naive", (192, 28, 28))
>>> [(net.name, net.params, net.macs, net.nodes[-1].shape[0]) for net in (reduced, naive)]
[('reduced', 163696, 128049152, 256), ('naive', 387296, 303464448, 416)]
"""

from __future__ import annotations

from ..geometry import Pair
from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.max_pool import max_pool
from ..ops.relu import relu
from ..trace import Value, block, stack
from .conv_norm import Style

SLIM = Style(eps=1e-3)
"""The epsilon of Inception networks from version 2 on, as TensorFlow's slim library has it."""


@block
def naive_inception(x: Value, n1x1: int, n3x3: int, n5x5: int) -> Value:
    """Inception module, naive version (figure 2a)."""
    a = relu(conv(x, n1x1, 1, name="conv1x1"))
    b = relu(conv(x, n3x3, 3, pad=1, name="conv3x3"))
    c = relu(conv(x, n5x5, 5, pad=2, name="conv5x5"))
    return concat([a, b, c, max_pool(x, 3, 1, pad=1, name="pool")])


@block
def inception(x: Value, n1x1: int, n3x3_reduce: int, n3x3: int, n5x5_reduce: int, n5x5: int, n_pool: int) -> Value:
    """Inception module with dimension reductions (figure 2b)."""
    a = relu(conv(x, n1x1, 1, name="conv1x1"))
    b = relu(conv(x, n3x3_reduce, 1, name="reduce3x3"))
    b = relu(conv(b, n3x3, 3, pad=1, name="conv3x3"))
    c = relu(conv(x, n5x5_reduce, 1, name="reduce5x5"))
    c = relu(conv(c, n5x5, 5, pad=2, name="conv5x5"))
    d = relu(conv(max_pool(x, 3, 1, pad=1, name="pool"), n_pool, 1, name="pool_proj"))
    return concat([a, b, c, d])


@block
def conv_bn(
    x: Value, channels: int, kernel: Pair, stride: int = 1, pad: Pair = (0, 0), bias: bool = False, style: Style = SLIM
) -> Value:
    """Convolution, batch normalisation, ReLU."""
    x = conv(x, channels, kernel, stride=stride, pad=pad, bias=bias, name="conv")
    return relu(style.norm(x, "bn"))


def in_a_row(x: Value, *layers: tuple[int, ...], style: Style = SLIM) -> Value:
    """Convolutions in a row: (channels, height, width) keeps the size, a stride as the fourth number goes unpadded."""
    for layer in layers:
        x = _unit(x, *layer, style=style)
    return x


def branch(x: Value, name: str, *layers: tuple[int, ...], style: Style = SLIM) -> Value:
    """The convolutions of `in_a_row` as one child of the block around: a chain, or the convolution where it is one."""
    if len(layers) == 1:
        return _unit(x, *layers[0], style=style, name=name)
    with stack(name):
        return in_a_row(x, *layers, style=style)


def _unit(
    x: Value, channels: int, height: int, width: int, stride: int = 0, *, style: Style, name: str | None = None
) -> Value:
    pad = (0, 0) if stride else (height // 2, width // 2)
    return conv_bn(x, channels, (height, width), stride or 1, pad, style=style, name=name)
