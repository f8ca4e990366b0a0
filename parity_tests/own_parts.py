"""Small networks of the parts that detectors and other people's models have, each asking one thing of the emitter."""

from __future__ import annotations

from collections.abc import Callable

from diptych.common.ops.add import add
from diptych.common.ops.batch_norm import batch_norm
from diptych.common.ops.conv import conv
from diptych.common.ops.global_avg_pool import global_avg_pool
from diptych.common.ops.linear import linear
from diptych.common.ops.max_pool import max_pool
from diptych.common.ops.parameter import parameter
from diptych.common.ops.relu import relu
from diptych.common.ops.tanh import tanh
from diptych.common.spec import Net
from diptych.common.trace import Result, Value, block, per_call, sequence, shared, stack, trace

SIZE = (3, 12, 10)


@block
def exchange(xs: list[Value], y: Value, widths: tuple[int, int]) -> list[Value]:
    """A list and a value in, a list out: the sum of all goes to each."""
    total = y
    for number, x in enumerate(xs):
        total = add(total, conv(x, y.channels, 1, name=f"inward.{number}"))
    return [conv(total, width, 1, name=f"outward.{number}") for number, width in enumerate(widths)]


@block
def twice(xs: list[Value], y: Value, widths: tuple[int, int]) -> list[Value]:
    """A list that is handed on whole, and one that is answered with as it is."""
    first = exchange(xs, y, widths)
    return exchange([relu(x) for x in first], y, widths)


def lists(x: Value) -> list[Value]:
    """Lists go into blocks and come out of them."""
    y = conv(x, 4, 3, pad=1, name="stem")
    return twice([x, tanh(y)], y, (5, 6))


@block
def norm_unit(x: Value, width: int) -> Value:
    """A convolution for all calls with a normalisation for each, inside a shared block."""
    x = conv(x, width, 3, pad=1, bias=False, name="conv")
    with per_call():
        x = batch_norm(x, name="bn")
    return relu(x)


@block
def deep_head(x: Value, width: int) -> tuple[Value, Value]:
    """Units that are told the number of the call, a block that is there for each call, and one answer twice."""
    x = norm_unit(x, width, name="first")
    y = norm_unit(x, width, name="second")
    with per_call():
        y = plain_unit(y, width, name="own")
    return conv(y, 3, 1, name="box"), conv(x, 2, 1, name="cls")


@sequence
def plain_unit(x: Value, width: int) -> Value:
    """A convolution and an activation."""
    return relu(conv(x, width, 1))


def heads(x: Value) -> dict[str, Value]:
    """One head on three levels, another on two, with outputs by name."""
    levels = [conv(x, 4, 3, pad=1, name="p3")]
    for number in (4, 5):
        levels.append(max_pool(levels[-1], 2, name=f"p{number}"))
    head, other, found = shared(deep_head, name="head"), shared(norm_unit, name="other"), {}
    for number, level in enumerate(levels, start=3):
        found[f"box{number}"], found[f"cls{number}"] = head(level, 4)
    found["low"] = other(other(levels[0], 4), 4)
    return found


@block
def encoder(x: Value, width: int) -> Value:
    """A block whose layer another block has, too."""
    return relu(conv(x, width, 3, pad=1, name="conv"))


@block
def decoder(x: Value, width: int) -> Value:
    """A block with the layer of another."""
    return tanh(conv(x, width, 3, pad=1, name="convs.0", owner="a.conv"))


def tied(x: Value) -> Value:
    """A layer of one block that is another's, too, and a layer of a block that is applied again."""
    x = conv(conv(x, 4, 1, name="stem"), 4, 1, name="second")
    x = decoder(encoder(x, 4, name="a"), 4, name="b")
    return conv(x, 4, 1, name="again", owner="second")


@block
def reparametrised(x: Value, width: int) -> Value:
    """Parts whose dotted names end in words."""
    y = batch_norm(conv(x, width, 3, pad=1, bias=False, name="rep.0.conv"), name="rep.0.bn")
    z = batch_norm(conv(x, width, 1, bias=False, name="rep.1.conv"), name="rep.1.bn")
    with stack("rep.1.tail"):
        z = relu(conv(z, width, 1))
    return plain_unit(y, width, name="tails.y") + plain_unit(z, width, name="tails.z")


def dotted(x: Value) -> Value:
    """Dicts of layers in lists of them, and dicts of blocks."""
    return global_avg_pool(reparametrised(reparametrised(x, 4), 5))


@block
def scaled(x: Value, width: int) -> Value:
    """A factor for each channel, an offset for each place, and one factor for all."""
    gamma = parameter((width, 1, 1), name="gamma")
    y = conv(x, width, 3, pad=1, name="c") * gamma
    z = add(tanh(y), parameter((1, *x.shape[1:]), "zeros", name="offset"))
    return z * gamma * parameter((1, 1, 1), name="tau")


def weights(x: Value) -> Value:
    """Blocks with weights of their own."""
    return linear(global_avg_pool(scaled(scaled(x, 4), 6)), 5)


NETWORKS: tuple[Callable[[Value], Result], ...] = (lists, heads, tied, dotted, weights)


def _traced(function: Callable[[Value], Result]) -> Callable[[], Net]:
    return lambda: trace(function, function.__name__, SIZE, title=function.__name__.title())


PARTS: dict[str, Callable[[], Net]] = {function.__name__: _traced(function) for function in NETWORKS}
