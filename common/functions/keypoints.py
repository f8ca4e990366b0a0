"""Key points from heat maps, one map per joint: where each peaks, to a quarter of a pixel.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions for tensors in their own layout. It is that of
the authors of HRNet (Sun, Xiao, Liu & Wang 2019, section 3), whose code takes for "the second highest response" the
larger neighbour along each axis, and moves no peak within two pixels of the upper left or one of the lower right edge.
"""

from __future__ import annotations

import numpy as np

from ..errors import DiptychError
from ..geometry import Pair
from ..spec import Array

OFFSET = 0.25


def peaks(maps: Array) -> tuple[Array, Array]:
    """The pixel (x, y) of the largest value of each map, the first where several are, and that value.

    Maps (N, J, H, W) give points (N, J, 2) and confidences (N, J). A map whose largest value is not positive has its
    point at (0, 0). Raises DiptychError for other shapes and for values that are not finite.

    >>> points, confidence = peaks(np.array([[[[0.0, 3.0], [1.0, 2.0]]]]))
    >>> points.tolist(), confidence.tolist()
    ([[[1.0, 0.0]]], [[3.0]])
    """
    if maps.ndim != 4 or 0 in maps.shape:
        raise DiptychError(f"heat maps are a batch (N, J, H, W) of at least one pixel, not {tuple(maps.shape)}")
    if not np.isfinite(maps).all():
        raise DiptychError("heat maps hold values that are not finite, which have no peak")
    width = maps.shape[3]
    flat = maps.reshape(*maps.shape[:2], -1)
    place, confidence = flat.argmax(2), flat.max(2)
    points = np.stack([place % width, place // width], 2) * (confidence > 0)[..., None]
    return points.astype(maps.dtype), confidence


def keypoints(maps: Array, size: Pair | None = None) -> tuple[Array, Array]:
    """The peaks, each a quarter of a pixel towards its larger neighbour on either axis, and their values.

    Maps (N, J, H, W) give points (x, y) as (N, J, 2), in pixels of the maps, or of an image of `size` (height, width),
    and confidences (N, J). Raises DiptychError as `peaks` does.
    """
    points, confidence = peaks(maps)
    height, width = maps.shape[2:]
    x, y = np.moveaxis(points.astype(int), 2, 0)
    inside = (x > 1) & (x < width - 1) & (y > 1) & (y < height - 1)
    n, j = np.indices(x.shape)
    x, y = np.where(inside, x, 0), np.where(inside, y, 0)
    right, left = maps[n, j, y, (x + 1) % width], maps[n, j, y, x - 1]
    below, above = maps[n, j, (y + 1) % height, x], maps[n, j, y - 1, x]
    towards = np.stack([np.sign(right - left), np.sign(below - above)], 2)
    points = points + (OFFSET * towards * inside[..., None]).astype(maps.dtype)
    if size is not None:
        points = points * np.array([size[1] / width, size[0] / height], maps.dtype)
    return points, confidence
