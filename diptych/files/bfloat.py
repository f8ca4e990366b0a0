"""bfloat16, the upper half of a float32: NumPy has no such type, and float32 holds each of its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from ..common.spec import Array

NAME = "bfloat16"
WIDENED = "tensors of bfloat16 were widened to float32, which holds each of their numbers"


def widened(halves: Array) -> Array:
    """Numbers of bfloat16, given as whole numbers of two bytes, in float32: exactly.

    >>> widened(np.array([0x3F80, 0xC020], np.uint16)).tolist()
    [1.0, -2.5]
    """
    return (halves.astype(np.uint32) << 16).view(np.float32)


def rounded(array: Array) -> Array:
    """The numbers in float32, each rounded to the nearest of bfloat16, half to even; NaN and infinity stay.

    >>> rounded(np.array([1.0, 1.005, -3e38], np.float32)).tolist()
    [1.0, 1.0078125, -3.00405527047391e+38]
    """
    single = np.asarray(array, np.float32)
    bits = single.view(np.uint32)
    near = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(single), single, near.view(np.float32))


def is_bfloat(array: Array) -> bool:
    """Whether an array of float32 has numbers of bfloat16 alone."""
    return array.dtype == np.float32 and not (np.ascontiguousarray(array).view(np.uint32) & 0xFFFF).any()


def halves(array: Array) -> Array:
    """Numbers of bfloat16 that stand in float32, as whole numbers of two bytes: the inverse of `widened`."""
    return (np.ascontiguousarray(array, np.float32).view(np.uint32) >> 16).astype(np.uint16)


def note(count: int) -> tuple[str, ...]:
    """What is said of as many tensors that were widened; nothing of none."""
    return (f"{count} {WIDENED}",) if count else ()


def is_noted(notes: Sequence[str]) -> bool:
    """Whether one of these notes says that tensors were widened.

    >>> is_noted(note(2)), is_noted(note(0))
    (True, False)
    """
    return any(text.endswith(WIDENED) for text in notes)
