"""Axis orders as einops patterns: a transpose is derived from two strings, never written as a tuple of numbers.

A linear layer after a flatten has the rows of its kernel permuted, as keras.applications has it; the other way, which
permutes the map before Flatten, would cost time in every call (trap `dense_after_flatten`,
https://github.com/gzuidhof/nn-transfer/issues/16).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np

from .memory import empty
from .spec import Array, Weight

SLAB = 64
BATCH = {"torch": "N C H W", "tf": "N H W C"}


def rearranged(array: Array, source: str, target: str, sizes: Mapping[str, int] | None = None) -> Array:
    """The same numbers with the axes in another order, as a contiguous array.

    >>> rearranged(np.zeros((8, 3, 5, 7)), "O I H W", "H W I O").shape
    (5, 7, 3, 8)
    """
    if source == target:
        return np.ascontiguousarray(array)
    if not any(map(str.isalpha, source)):  # a single number: there is no axis to move
        return np.array(array).reshape([1] * len(target.split()))
    moved = _moved(array, source, target, sizes)
    return laid_out(moved).reshape(_grouped(target, moved.shape))


def _moved(array: Array, source: str, target: str, sizes: Mapping[str, int] | None) -> Array:
    """The axes one by one in the order of a target, as a view."""
    from einops import rearrange

    moved: Array = rearrange(array, f"{source} -> {target.replace('(', '').replace(')', '')}", **dict(sizes or {}))
    return moved


def laid_out(array: Array) -> Array:
    """The same numbers in one piece of memory, in C order; an array that is so already is not copied.

    Copied in slabs it takes a fifth of the time of one long strided copy.
    """
    if array.flags.c_contiguous:
        return array
    copy = empty(array.shape, array.dtype)
    first = max(range(array.ndim), key=lambda axis: array.strides[axis] * (array.shape[axis] > 1))
    if array.shape[first] >= len(array):  # slabs that lie in one piece in the source
        for start in range(0, array.shape[first], SLAB):
            slab = (*[slice(None)] * first, slice(start, start + SLAB))
            copy[slab] = array[slab]
    else:  # slabs that lie in one piece in the copy
        for start in range(0, len(array), SLAB):
            copy[start : start + SLAB] = array[start : start + SLAB].copy(order="K")
    return copy


def _grouped(pattern: str, lengths: tuple[int, ...]) -> list[int]:
    """The lengths of a pattern's axes, with those inside parentheses multiplied."""
    left, shape = list(lengths), []
    for group in re.findall(r"\([^)]*\)|\S+", pattern):
        count = len(group.strip("()").split())
        shape.append(math.prod(left[:count]))
        del left[:count]
    return shape


def to_framework(array: Array, weight: Weight, axes: str) -> Array:
    """A canonical weight in the axis order of a framework's slot."""
    return rearranged(array, weight.axes, axes, dict(weight.sizes))


def to_canonical(array: Array, weight: Weight, axes: str) -> Array:
    """A framework's array in canonical axis order."""
    return rearranged(array, axes, weight.axes, dict(weight.sizes))


def canonical_view(array: Array, weight: Weight, axes: str) -> Array:
    """The same without a copy, where axes only change places."""
    if axes == weight.axes or "(" in weight.axes or not any(map(str.isalpha, axes)):
        return to_canonical(array, weight, axes)
    return _moved(array, axes, weight.axes, dict(weight.sizes))
