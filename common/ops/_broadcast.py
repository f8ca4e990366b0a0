"""The shape that two values have together, for a sum and a product of them."""

from __future__ import annotations

from ..errors import SpecError
from ..spec import Shape

RULE = (
    "the shapes must be equal, or those of two maps that differ only where one has a length of 1: (C, 1, 1), "
    "(1, H, W), (C, H, 1) or (1, 1, 1) to (C, H, W)"
)


def broadcast(x: Shape, y: Shape, verb: str, joint: str) -> Shape:
    """The shape of `x` and `y` together; raises SpecError, as "cannot verb x joint y", where there is none."""
    if x == y:
        return x
    fits = len(x) == len(y) == 3 and all(m == n or 1 in (m, n) for m, n in zip(x, y, strict=True))
    if not fits:
        raise SpecError(f"cannot {verb} {tuple(map(int, x))} {joint} {tuple(map(int, y))}: {RULE}")
    return tuple(n if m == 1 else m for m, n in zip(x, y, strict=True))
