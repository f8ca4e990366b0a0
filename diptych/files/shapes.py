"""Shapes that a file claims: whether an array can have them at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

AXES, VOLUME = 32, 1 << 60
"""What every framework can count; an axis of length 0 does not save it from counting the others."""


def is_possible(dims: Sequence[object]) -> bool:
    """Whether these are the lengths of the axes of an array.

    >>> is_possible([3, 0]), is_possible([0, 1 << 62]), is_possible([1] * 101), is_possible([2.0]), is_possible([-1])
    (True, False, False, False, False)
    """
    if len(dims) > AXES or not all(type(dim) is int and 0 <= dim <= VOLUME for dim in dims):
        return False
    return math.prod(max(dim, 1) for dim in dims if isinstance(dim, int)) <= VOLUME


def shown(dims: Sequence[object]) -> str:
    """A shape in a message: its first axes, and how many there are."""
    first = ", ".join(str(dim)[:24] for dim in dims[:4])
    return f"[{first}]" if len(dims) <= 4 else f"[{first}, ...] ({len(dims)} axes)"
