"""Axis orders as einops patterns: a transpose is derived from two strings, never written as a tuple of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .spec import Array, Weight

BATCH = {"torch": "N C H W", "tf": "N H W C"}


def rearranged(array: Array, source: str, target: str, sizes: Mapping[str, int] | None = None) -> Array:
    """The same numbers with the axes in another order, as a contiguous array.

    >>> rearranged(np.zeros((8, 3, 5, 7)), "O I H W", "H W I O").shape
    (5, 7, 3, 8)
    """
    if source == target:
        return np.ascontiguousarray(array)
    from einops import rearrange

    moved: Array = rearrange(array, f"{source} -> {target}", **dict(sizes or {}))
    return np.ascontiguousarray(moved)


def to_framework(array: Array, weight: Weight, axes: str) -> Array:
    """A canonical weight in the axis order of a framework's slot."""
    return rearranged(array, weight.axes, axes, dict(weight.sizes))


def to_canonical(array: Array, weight: Weight, axes: str) -> Array:
    """A framework's array in canonical axis order."""
    return rearranged(array, axes, weight.axes, dict(weight.sizes))


def framework_shape(weight: Weight, axes: str) -> tuple[int, ...]:
    """The shape that a framework keeps a weight in."""
    return to_framework(np.broadcast_to(np.float32(0), weight.shape), weight, axes).shape
