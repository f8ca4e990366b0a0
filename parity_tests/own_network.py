"""A network of one's own that asks of the emitter what no registered one does.

Blocks of two inputs and two outputs, weights used twice, chains in chains, named and numbered, names that Keras's
classes have already, uneven pads, and arguments that are tuples.
"""

from __future__ import annotations

from diptych.common.ops.adaptive_avg_pool import adaptive_avg_pool
from diptych.common.ops.avg_pool import avg_pool
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.channel_slice import split
from diptych.common.ops.conv import conv
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.leaky_relu import leaky_relu
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.relu import relu
from diptych.common.ops.sigmoid import sigmoid
from diptych.common.spec import Net
from diptych.common.trace import Value, block, sequence, stack, trace


@block
def se(x: Value, squeeze: int) -> Value:
    """Squeeze and excitation."""
    y = relu(conv(adaptive_avg_pool(x, 1), squeeze, 1, name="fc1"))
    return x * sigmoid(conv(y, x.channels, 1, name="fc2"))


@block
def head(x: Value, y: Value, widths: tuple[int, int], act: bool = True) -> tuple[Value, Value]:
    """Two inputs, two outputs, weights used twice."""
    a = conv(x, widths[0], 3, pad=1, name="shared")
    b = conv(y, widths[0], 3, pad=1, name="again", owner="shared")
    b = leaky_relu(b, 0.1) if act else b
    return conv(a, widths[1], 1, name="box"), conv(b, widths[1], 1, name="cls")


@sequence
def tail(x: Value, channels: int) -> Value:
    """A chain of chains."""
    with stack("0"):
        x = leaky_relu(batch_norm(conv(x, channels, 3, pad=(1, 0, 0, 1), bias=False)), 0.1)
    with stack("1"):
        x = se(se(x, 2), 2)
        x = se(x, 4)
    return max_pool(x, 3, 2, pad=1)


def own(x: Value, num_classes: int) -> list[Value]:
    """A network of one's own."""
    x = tail(x, 8, name="layers")
    u, v = split(x, 2)
    with stack("name"):
        u = relu(conv(u, 4, (3, 1), pad=(1, 0), dilation=2, name="c"), name="r")
    with stack("other"):
        v = avg_pool(v, 3, 1, pad=1)
    a, b = head(u, v, (6, 5))
    c, d = head(a, relu(b), (6, 4), act=False, name="path")
    return [linear(global_avg_pool(c), num_classes, name="weights"), d, a + a]


def own_network() -> Net:
    """The network on an image of 3 x 12 x 10."""
    return trace(own, "own", (3, 12, 10), title="Own network", num_classes=3)


@block
def squeezed(x: Value, channels: int, ratio: int = 2) -> Value:
    """A parameter that stands in an expression only."""
    return conv(conv(x, channels // ratio, 1, name="a"), channels, 1, name="b")


@sequence
def unit(x: Value, channels: int) -> Value:
    """Convolution and activation."""
    return relu(conv(x, channels, 3, pad=1))


def nested(x: Value, num_classes: int) -> Value:
    """Chains in chains whose numbers repeat, and a chain that ends in a mean."""
    with stack("body"):
        for widths in ((4, 8, 4, 12), (6, 5, 7, 6)):
            with stack(str(widths[0] // 5)):
                with stack("0"):
                    x = unit(unit(x, widths[0]), widths[1])
                with stack("1"):
                    x = unit(unit(x, widths[2]), widths[3])
    x = squeezed(x, 8, 4, name="squeezed")
    with stack("head"):
        return linear(global_avg_pool(x), num_classes)


def nested_network() -> Net:
    """The network of chains in chains on an image of 3 x 12 x 10."""
    return trace(nested, "nested", (3, 12, 10), title="Nested network", num_classes=3)
