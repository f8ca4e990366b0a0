"""Two tensors made small enough to be kept and drawn: one map of each, and how their numbers are spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import Array

SIDE = 64
"""Rows and columns of a map at most."""
BINS = 40
Counts = tuple[int, ...]


@dataclass(frozen=True)
class Sketch:
    """A tensor of both sides: `words` say how it came about, `image` and `channel` which map of it is kept.

    `maps` are that of the first, of the second, and of the difference (None where the shapes differ), at most SIDE by
    SIDE: means of places, and the largest differences. `counts` are the numbers of the whole tensors from `low` to
    `high`; `off` are those of the differences from `-most` to `most`.
    """

    path: str
    words: str
    shape: tuple[int, ...]
    image: int
    channel: int | None
    maps: tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None] = field(repr=False, compare=False)
    low: float
    high: float
    counts: tuple[Counts, Counts] = field(repr=False, compare=False)
    off: Counts = field(default=(), repr=False, compare=False)
    most: float = 0.0


def sketch(path: str, words: str, one: Array, other: Array) -> Sketch:
    """Two tensors (N, C, H, W) or (N, F), of which that image and channel are kept that differ most."""
    one, other = np.asarray(one, np.float64), np.asarray(other, np.float64)
    alike = one.size == other.size and len(one) == len(other)
    other = other.reshape(one.shape) if alike else other
    gap = np.nan_to_num(other - one, nan=0.0, posinf=0.0, neginf=0.0) if alike else None
    place = np.unravel_index(int(np.argmax(np.abs(gap))), one.shape) if gap is not None else (0,) * one.ndim
    image, channel = int(place[0]), int(place[1]) if one.ndim == 4 else None
    maps = [_map(value, image, channel) for value in (one, other)]
    finite = [value[np.isfinite(value)] for value in (one, other)]
    low = min((float(value.min()) for value in finite if value.size), default=0.0)
    high = max((float(value.max()) for value in finite if value.size), default=0.0)
    off = None if gap is None else _map(gap, image, channel)
    most = 0.0 if gap is None else float(np.abs(gap).max())
    return Sketch(
        path, words, one.shape[1:], image, channel,
        (_small(maps[0]), _small(maps[1]), None if off is None else _small(off, largest=True)),
        low, high, (_counts(finite[0], low, high), _counts(finite[1], low, high)),
        () if gap is None else _counts(gap.ravel(), -most, most), most,
    )  # fmt: skip


def _map(value: Array, image: int, channel: int | None) -> Array:
    """One map of a tensor; a vector in rows."""
    kept = value[min(image, len(value) - 1)]
    if kept.ndim == 3:
        kept = kept[min(channel or 0, len(kept) - 1)]
        return np.asarray(kept)
    flat = kept.ravel()
    width = flat.size if flat.size <= SIDE else int(np.ceil(np.sqrt(flat.size)))
    rows = -(-flat.size // max(width, 1))
    return np.pad(flat, (0, rows * width - flat.size), constant_values=np.nan).reshape(rows, max(width, 1))


def _small(value: Array, largest: bool = False) -> NDArray[Any]:
    """A map of at most SIDE by SIDE places: means, or the numbers that are furthest from 0."""
    found = value
    for axis in (0, 1):
        step = -(-found.shape[axis] // SIDE)
        if step > 1:
            parts = [np.take(found, range(at, min(at + step, found.shape[axis])), axis)
                     for at in range(0, found.shape[axis], step)]  # fmt: skip
            found = np.stack([_one(part, axis, largest) for part in parts], axis)
    return found.astype(np.float32)


def _one(part: Array, axis: int, largest: bool) -> Array:
    """The numbers along an axis as one."""
    if not largest:
        return np.asarray(part.mean(axis))
    chosen = np.argmax(np.abs(np.nan_to_num(part)), axis)
    return np.take_along_axis(part, np.expand_dims(chosen, axis), axis).squeeze(axis)


def _counts(values: Array, low: float, high: float) -> Counts:
    if not low < high or not np.isfinite(high - low):
        return (int(values.size),)
    return tuple(int(count) for count in np.histogram(values, BINS, (low, high))[0])
