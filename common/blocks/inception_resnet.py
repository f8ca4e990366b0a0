"""Residual Inception modules (Szegedy et al. 2016, Inception-v4, Inception-ResNet and ..., figures 10 to 19).

They are named after the grid that they work on; `widths` are the channels of their convolutions, branch by branch.
"""

from __future__ import annotations

from ..ops.concat import concat
from ..ops.conv import conv
from ..ops.relu import relu
from ..ops.rescale import rescale
from ..trace import Value, block
from .conv_norm import Style
from .inception import SLIM, branch

Widths = tuple[int, ...]


def added(x: Value, branches: list[Value], scale: float | None = None) -> Value:
    """The branches, brought to the channels of the input by 1x1, scaled down (figure 20) and added to it."""
    y = conv(concat(branches), x.channels, 1, name="conv2d")
    return x + (rescale(y, scale) if scale else y)


@block
def block35(x: Value, widths: Widths, style: Style = SLIM) -> Value:
    """Residual module of the 35x35 grid (figures 10 and 16)."""
    a, b1, b2, c1, c2, c3 = widths
    branches = [
        branch(x, "branch0", (a, 1, 1), style=style),
        branch(x, "branch1", (b1, 1, 1), (b2, 3, 3), style=style),
        branch(x, "branch2", (c1, 1, 1), (c2, 3, 3), (c3, 3, 3), style=style),
    ]
    return relu(added(x, branches, 0.17))


@block
def block17(x: Value, widths: Widths, style: Style = SLIM) -> Value:
    """Residual module of the 17x17 grid (figures 11 and 17)."""
    a, b1, b2, b3 = widths
    branches = [
        branch(x, "branch0", (a, 1, 1), style=style),
        branch(x, "branch1", (b1, 1, 1), (b2, 1, 7), (b3, 7, 1), style=style),
    ]
    return relu(added(x, branches, 0.1))


def branches8(x: Value, widths: Widths, style: Style = SLIM) -> list[Value]:
    """The branches of the modules of the 8x8 grid."""
    a, b1, b2, b3 = widths
    return [
        branch(x, "branch0", (a, 1, 1), style=style),
        branch(x, "branch1", (b1, 1, 1), (b2, 1, 3), (b3, 3, 1), style=style),
    ]


@block
def block8(x: Value, widths: Widths, style: Style = SLIM) -> Value:
    """Residual module of the 8x8 grid (figures 13 and 19)."""
    return relu(added(x, branches8(x, widths, style), 0.2))


@block
def last_block8(x: Value, widths: Widths, style: Style = SLIM) -> Value:
    """The last residual module, neither scaled nor activated."""
    return added(x, branches8(x, widths, style))
