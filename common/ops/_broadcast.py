"""The shape that two values have together, for a sum and a product of them."""

from __future__ import annotations

from ..errors import SpecError
from ..spec import Shape

RULE = (
    "the shapes must be equal, or those of two maps that differ only where one has a single channel, or a height and "
    "width of 1: (C, 1, 1), (1, H, W) or (1, 1, 1) to (C, H, W)"
)


def broadcast(x: Shape, y: Shape, verb: str, joint: str) -> Shape:
    """The shape of `x` and `y` together; raises SpecError, as "cannot verb x joint y", where there is none."""
    if x == y:
        return x
    channels = x[0] == y[0] or 1 in (x[0], y[0])
    places = x[1:] == y[1:] or (1, 1) in (x[1:], y[1:])
    if not (len(x) == len(y) == 3 and channels and places):
        raise SpecError(f"cannot {verb} {tuple(map(int, x))} {joint} {tuple(map(int, y))}: {RULE}")
    return (y[0] if x[0] == 1 else x[0], *(y[1:] if x[1:] == (1, 1) else x[1:]))
