"""Inception-v4 (Szegedy, Ioffe, Vanhoucke & Alemi 2016, Inception-v4, Inception-ResNet and ...), figures 3 to 9.

The form is timm's, whose average pools leave the padding out, as TensorFlow's do.
"""

from __future__ import annotations

from ..blocks.inception import branch, conv_bn, in_a_row
from ..ops.avg_pool import avg_pool
from ..ops.concat import concat
from ..ops.global_avg_pool import global_avg_pool
from ..ops.linear import linear
from ..ops.max_pool import max_pool
from ..registry import Network
from ..trace import Value, block, stack


@block
def pool_or_conv(x: Value) -> Value:
    """Half the size by a pool and by a convolution (figure 3, first fork)."""
    a = max_pool(x, 3, 2, name="maxpool")
    return concat([a, branch(x, "conv", (96, 3, 3, 2))])


@block
def short_or_long(x: Value) -> Value:
    """A 3x3 convolution, and one after a 7x7 in two steps (figure 3, second fork)."""
    a = branch(x, "branch0", (64, 1, 1), (96, 3, 3, 1))
    return concat([a, branch(x, "branch1", (64, 1, 1), (64, 1, 7), (64, 7, 1), (96, 3, 3, 1))])


@block
def conv_or_pool(x: Value) -> Value:
    """Half the size by a convolution and by a pool (figure 3, third fork)."""
    a = branch(x, "conv", (192, 3, 3, 2))
    return concat([a, max_pool(x, 3, 2, name="maxpool")])


def pooled(x: Value, channels: int) -> Value:
    """The pool branch of a module: a 3x3 mean, then 1x1."""
    with stack("branch3"):
        return conv_bn(avg_pool(x, 3, 1, pad=1, count_include_pad=False), channels, (1, 1))


@block
def inception_a(x: Value) -> Value:
    """Module of the 35x35 grid (figure 4)."""
    a = branch(x, "branch0", (96, 1, 1))
    b = branch(x, "branch1", (64, 1, 1), (96, 3, 3))
    c = branch(x, "branch2", (64, 1, 1), (96, 3, 3), (96, 3, 3))
    return concat([a, b, c, pooled(x, 96)])


@block
def reduction_a(x: Value) -> Value:
    """From 35x35 to 17x17 (figure 7, k = 192, l = 224, m = 256, n = 384)."""
    a = branch(x, "branch0", (384, 3, 3, 2))
    b = branch(x, "branch1", (192, 1, 1), (224, 3, 3), (256, 3, 3, 2))
    return concat([a, b, max_pool(x, 3, 2, name="branch2")])


@block
def inception_b(x: Value) -> Value:
    """Module of the 17x17 grid (figure 5)."""
    a = branch(x, "branch0", (384, 1, 1))
    b = branch(x, "branch1", (192, 1, 1), (224, 1, 7), (256, 7, 1))
    c = branch(x, "branch2", (192, 1, 1), (192, 7, 1), (224, 1, 7), (224, 7, 1), (256, 1, 7))
    return concat([a, b, c, pooled(x, 128)])


@block
def reduction_b(x: Value) -> Value:
    """From 17x17 to 8x8 (figure 8)."""
    a = branch(x, "branch0", (192, 1, 1), (192, 3, 3, 2))
    b = branch(x, "branch1", (256, 1, 1), (256, 1, 7), (320, 7, 1), (320, 3, 3, 2))
    return concat([a, b, max_pool(x, 3, 2, name="branch2")])


def fork(x: Value, name: str) -> Value:
    """A 1x3 and a 3x1 convolution side by side."""
    a = branch(x, f"{name}a", (256, 1, 3))
    return concat([a, branch(x, f"{name}b", (256, 3, 1))])


@block
def inception_c(x: Value) -> Value:
    """Module of the 8x8 grid (figure 6)."""
    a = branch(x, "branch0", (256, 1, 1))
    b = fork(branch(x, "branch1_0", (384, 1, 1)), "branch1_1")
    c = branch(branch(x, "branch2_0", (384, 1, 1)), "branch2_1", (448, 3, 1))
    c = fork(branch(c, "branch2_2", (512, 1, 3)), "branch2_3")
    return concat([a, b, c, pooled(x, 256)])


STEM = ((32, 3, 3, 2), (32, 3, 3, 1), (64, 3, 3))  # channels, height and width; a stride as the fourth goes unpadded
TABLE = (  # figure 9: modules and how often each is repeated
    (pool_or_conv, 1),
    (short_or_long, 1),
    (conv_or_pool, 1),
    (inception_a, 4),
    (reduction_a, 1),
    (inception_b, 7),
    (reduction_b, 1),
    (inception_c, 3),
)


def inception_v4(x: Value, num_classes: int) -> Value:
    """Inception-v4."""
    with stack("features"):
        x = in_a_row(x, *STEM)
        for module, repeats in TABLE:
            for _ in range(repeats):
                x = module(x)
    return linear(global_avg_pool(x, name="global_pool"), num_classes, name="last_linear")


NETWORKS = (
    Network(
        "inception_v4",
        "Inception-v4 (timm)",
        inception_v4,
        source="timm",
        input_size=(299, 299),
        # The last grid is 3x2: on one of 2x1, of 6 numbers in a batch of 3, training amplifies rounding to 1.3e-10.
        check_sizes=((128, 144), (139, 123)),
    ),
)
CANONICAL = "inception_v4"
