"""How far two values of one step are apart, as a whole or each channel by itself."""

from __future__ import annotations

import numpy as np

from ..compare import difference
from ..spec import Array

SMALL = 1e-30
"""In float32 what a softmax leaves below this is next to what TensorFlow takes for 0 (1e-38)."""
FLOOR = 1e-3
"""Of the usual size of a channel: one that is smaller is no measure of a difference."""


def apart(one: Array | None, other: Array | None) -> float:
    """How far two values are apart: infinity where one is missing or of another size."""
    if one is None or other is None or one.size != other.size or len(one) != len(other):
        return float("inf")
    return difference(one.reshape(other.shape), other)[0]


def channelwise(one: Array, other: Array) -> float:
    """The largest difference, each channel against its own largest number: no channel hides behind a larger one."""
    if one.size != other.size or one.shape[:1] != other.shape[:1]:  # which an answer without its batch axis hides
        return float("inf")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("inf")
    axes = tuple(axis for axis in range(other.ndim) if axis != 1)
    scale = np.abs(other).max(axis=axes, keepdims=True)
    least = 0.0 if one.dtype == other.dtype == np.float64 else SMALL
    scale = np.maximum(scale, max(FLOOR * float(np.median(scale)), least))
    gaps = np.abs(np.subtract(one.reshape(other.shape), other, dtype=np.float64))
    return float((gaps / np.where(scale == 0, 1, scale)).max())


def apart_by_channel(one: Array | None, other: Array | None) -> float:
    """The same as `apart`, each channel against its own numbers: a large one hides no other."""
    return float("inf") if one is None or other is None else channelwise(one, other)
