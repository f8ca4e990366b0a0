"""bfloat16, the upper half of a float32: NumPy has no such type, and float32 holds each of its numbers."""

from __future__ import annotations

import numpy as np

from ..common.spec import Array

NAME = "bfloat16"


def widened(halves: Array) -> Array:
    """Numbers of bfloat16, given as whole numbers of two bytes, in float32: exactly.

    >>> widened(np.array([0x3F80, 0xC020], np.uint16)).tolist()
    [1.0, -2.5]
    """
    return (halves.astype(np.uint32) << 16).view(np.float32)


def note(count: int) -> tuple[str, ...]:
    """What is said of as many tensors that were widened; nothing of none."""
    if not count:
        return ()
    return (f"{count} tensors of bfloat16 were widened to float32, which holds each of their numbers",)
