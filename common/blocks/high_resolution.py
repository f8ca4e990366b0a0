"""High-resolution module (Sun, Xiao, Liu & Wang 2019, Deep High-Resolution Representation Learning, figure 3).

Branches run side by side, each at half the resolution and twice the channels of the one before; then every branch is
given the sum of all of them, brought to its own resolution.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable

from ..ops.batch_norm import batch_norm
from ..ops.conv import conv
from ..ops.relu import relu
from ..ops.resize import resize
from ..trace import Value, block, sequence, stack
from .conv_norm import conv_norm

Unit = Callable[[Value, int], Value]
"""A residual block (x, width) that keeps resolution and width."""


@sequence
def up(x: Value, scale: int) -> Value:
    """To a branch of `scale` times the resolution and as much fewer channels: 1x1, then nearest."""
    x = batch_norm(conv(x, x.channels // scale, 1, bias=False))
    return resize(x, scale=scale)


@sequence
def down(x: Value, steps: int) -> Value:
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""
    for _ in range(steps - 1):
        x = conv_norm(x, x.channels, 3, 2)
    return conv_norm(x, 2**steps * x.channels, 3, 2, act=None)


@block
def high_resolution_module(xs: list[Value], unit: Unit, repeats: int = 4, fused: int | None = None) -> list[Value]:
    """Units on each branch, then the exchange between all of them.

    The first `fused` branches are brought up to date, or all.
    """
    maps = list(xs)
    for index, value in enumerate(maps):
        with stack(f"branches.{index}"):
            for _ in range(repeats):
                value = unit(value, value.channels)
            maps[index] = value
    return [exchange(maps, row) for row in range(fused or len(maps))]


def exchange(maps: list[Value], row: int) -> Value:
    """The sum of all branches at the resolution of one of them, activated."""
    terms = []
    for index, value in enumerate(maps):
        name = f"fuse_layers.{row}.{index}"
        if index > row:
            value = up(value, 2 ** (index - row), name=name)
        if index < row:
            value = down(value, row - index, name=name)
        terms.append(value)
    return relu(functools.reduce(operator.add, terms))
