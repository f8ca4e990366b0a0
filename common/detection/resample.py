"""Images (H, W, channels) of another size, by the three filters that detectors' code resizes with.

* Pillow's bilinear filter: a triangle as wide as two pixels of the smaller of the two images, which averages on the way
  down. Of bytes it makes bytes after each of its two passes, with weights of 22 bits, and so does this: bit for bit,
  but for some tall images whose rows Pillow 13 resizes before their columns, where a byte may differ by 1.
* Bilinear between pixel centres (half-pixel), as in OpenCV's INTER_LINEAR and in TensorFlow: two pixels of each axis,
  however much smaller the image becomes.
* Bilinear between corners (align-corners), as in Darknet: the first pixel is the first and the last is the last.

Images come before any framework, so that there is NumPy alone and no twin.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from ..spec import Array

BITS = 22
"""Of the fraction in Pillow's weights: 32 less 8 of a byte and 2 of reserve."""
ROWS = 1024
"""How many rows of an image are worked on at once, so that a large one needs no multiple of its memory."""

Taps = tuple[Array, Array]
"""Of each pixel of an axis: the places (out, taps) of the pixels that it is made of, and their weights."""


def pillow(image: Array, size: tuple[int, int]) -> Array:
    """Pillow's bilinear filter; bytes stay bytes, other numbers are worked out in float64.

    >>> pillow(np.array([[[0], [1], [2], [9]]], np.uint8), (1, 2)).ravel().tolist()
    [1, 5]
    """
    exact = image.dtype != np.uint8
    for axis in (1, 0):  # the columns first: of bytes the order tells
        if image.shape[axis] != size[axis]:
            places, weights = triangle(image.shape[axis], size[axis])
            if exact:
                image = _applied(image, axis, (places, weights))
            else:
                fixed = np.trunc(weights * 2**BITS + 0.5)
                sums = _applied(image, axis, (places, fixed), lambda x: np.floor(x / 2**BITS + 0.5))
                image = sums.astype(np.uint8)
    return image


def half_pixel(image: Array, size: tuple[int, int]) -> Array:
    """Bilinear between the centres of pixels, in float64.

    >>> half_pixel(np.array([[[0.0], [8]]]), (1, 4)).ravel().tolist()
    [0.0, 2.0, 6.0, 8.0]
    """
    return _both(image, size, lambda old, new: two((np.arange(new) + 0.5) * (old / new) - 0.5, old))


def align_corners(image: Array, size: tuple[int, int]) -> Array:
    """Bilinear with corners on corners, in float64; an axis of one pixel shows the last.

    >>> align_corners(np.array([[[0.0], [8]]]), (1, 5)).ravel().tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """

    def taps(old: int, new: int) -> Taps:
        at = np.arange(new) * ((old - 1) / max(new - 1, 1))
        at[-1] = old - 1
        return two(at, old)

    return _both(image, size, taps)


def triangle(old: int, new: int) -> Taps:
    """The taps of Pillow's bilinear filter: weights fall from the centre to 0 at one pixel of the coarser image."""
    step = old / new
    reach = max(step, 1.0)
    centre = (np.arange(new) + 0.5) * step
    first = np.maximum((centre - reach + 0.5).astype(int), 0)
    last = np.minimum((centre + reach + 0.5).astype(int), old)
    places = first[:, None] + np.arange(math.ceil(reach) * 2 + 1)
    weights = np.maximum(1 - np.abs((places - centre[:, None] + 0.5) * (1 / reach)), 0)
    weights = np.where(places < last[:, None], weights, 0)
    total = np.cumsum(weights, 1)[:, -1:]  # one by one, as Pillow adds them
    return np.minimum(places, old - 1), weights * (1 / total)


def two(at: Array, old: int) -> Taps:
    """The taps of places between pixels: their neighbours, of which the outermost go on beyond the edge."""
    at = np.clip(at, 0, old - 1)
    first = np.floor(at).astype(int)
    share = at - first
    return np.stack([first, np.minimum(first + 1, old - 1)], 1), np.stack([1 - share, share], 1)


def _both(image: Array, size: tuple[int, int], taps: Callable[[int, int], Taps]) -> Array:
    for axis in (1, 0):
        image = _applied(image, axis, taps(image.shape[axis], size[axis]))
    return image


def _applied(image: Array, axis: int, taps: Taps, ended: Callable[[Array], Array] = lambda sums: sums) -> Array:
    """The weighted sums along one axis, in float64, some rows at a time."""
    rows = image.shape[0] if axis else len(taps[0])
    parts = []
    for start in range(0, rows, ROWS):
        places, weights = taps if axis else (part[start : start + ROWS] for part in taps)
        source = image[start : start + ROWS] if axis else image
        shape = (1, -1, 1) if axis else (-1, 1, 1)
        total = np.zeros(())
        for place, weight in zip(places.T, weights.T, strict=True):
            total = total + source.take(place, axis) * weight.reshape(shape)
        parts.append(ended(total))
    return np.concatenate(parts)
