"""A picture with its boxes, and which boxes stay after a change.

A box is (x1, y1, x2, y2) in pixels of the picture: the first pixel covers 0 to 1, and so a box around all of it is
(0, 0, width, height).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import DiptychError
from ..spec import Array

Pixels = NDArray[Any]
"""Bytes, or other whole numbers."""
TINY = 1e-16
"""In place of a side of 0 where it divides."""


class Labelled(NamedTuple):
    """A picture (H, W, 3) of uint8, RGB, its boxes (n, 4) in float64, and their classes (n,) of int64."""

    image: Pixels
    boxes: Array
    classes: Pixels

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.image.shape[0], self.image.shape[1]


def labelled(image: Any, boxes: Any = (), classes: Any = (), num_classes: int | None = None) -> Labelled:
    """A picture with boxes, checked; without boxes it is one on which nothing is to be found.

    A box may reach beyond the picture, or have no area: `clipped` and `Keep` say what becomes of it. Raises
    DiptychError for another shape or type of picture, for boxes that are not finite or whose second corner comes first,
    for classes that are no whole numbers from 0 to below `num_classes`, and for another number of them than boxes.

    >>> labelled(np.zeros((2, 3, 3), np.uint8), [[0, 0, 2, 1]], [5]).boxes.tolist()
    [[0.0, 0.0, 2.0, 1.0]]
    """
    pixels = np.asarray(image)
    if pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size or pixels.dtype != np.uint8:
        raise DiptychError(f"a picture is (H, W, 3) of uint8, RGB; this one is {pixels.shape} of {pixels.dtype}")
    corners = _numbers(boxes)
    kinds = np.asarray(classes)
    kinds = kinds.astype(np.int64) if not kinds.size else kinds
    if kinds.ndim != 1 or not np.issubdtype(kinds.dtype, np.integer) or (kinds < 0).any():
        raise DiptychError(f"classes are whole numbers of 0 or more, (n,); these are {kinds.dtype} {kinds.shape}")
    if len(kinds) != len(corners):
        raise DiptychError(f"a picture has {len(corners)} boxes and {len(kinds)} classes; give one for each")
    if num_classes is not None and (kinds >= num_classes).any():
        raise DiptychError(f"class {kinds.max()} is out of range: there are {num_classes}, from 0 to {num_classes - 1}")
    return Labelled(pixels, corners, kinds.astype(np.int64))


def _numbers(boxes: Any) -> Array:
    """Boxes (n, 4) in float64."""
    try:
        corners = np.asarray(boxes, np.float64)
    except (TypeError, ValueError):
        raise DiptychError(f"boxes are numbers (n, 4), x1 y1 x2 y2, not {boxes!r:.80}") from None
    corners = corners.reshape(0, 4) if not corners.size else corners
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise DiptychError(f"boxes are (n, 4), x1 y1 x2 y2; their shape is {corners.shape}")
    wrong = ~np.isfinite(corners).all(1) | (corners[:, 2:] < corners[:, :2]).any(1)
    if wrong.any():
        place = int(wrong.argmax())
        raise DiptychError(
            f"a box has finite numbers x1 y1 x2 y2, the second corner not before the first; box {place} of "
            f"{len(corners)} is {corners[place].tolist()}"
        )
    return corners


def clipped(boxes: Array, size: tuple[int, int]) -> Array:
    """The part of each box inside of a picture of (height, width); of one that is outside a line or a point."""
    height, width = size
    return np.clip(boxes, 0, np.array([width, height, width, height], np.float64))


def joined(parts: Sequence[Labelled], image: Pixels) -> Labelled:
    """A picture with the boxes of all parts, in their order."""
    boxes = np.concatenate([part.boxes for part in parts])
    return Labelled(image, boxes, np.concatenate([part.classes for part in parts]))


@dataclasses.dataclass(frozen=True)
class Keep:
    """Which boxes stay after a change, each limit strict.

    Both sides are above `side` pixels, the area is above `area` times what it was, and no side is `ratio` times the
    other or more.
    """

    side: float = 0.0
    area: float = 0.0
    ratio: float = math.inf

    def __post_init__(self) -> None:
        """Raise DiptychError for limits without a meaning."""
        if not (0 <= self.side < math.inf and 0 <= self.area < 1 and self.ratio > 1):
            raise DiptychError(
                "a side is 0 or more, an area from 0 to below 1 and a ratio above 1; they are "
                f"{self.side}, {self.area} and {self.ratio}"
            )

    def of(self, before: Array, boxes: Array) -> Array:
        """Which (n,) of the boxes stay; `before` are they as they were, in the same measure."""
        width, height = (boxes[:, 2:] - boxes[:, :2]).T
        areas = (before[:, 2:] - before[:, :2]).prod(1)
        longer, shorter = np.maximum(width, height), np.minimum(width, height)
        thin = longer >= self.ratio * np.maximum(shorter, TINY)
        stays: Array = (shorter > self.side) & (width * height > self.area * areas) & ~thin
        return stays

    def among(self, given: Labelled, before: Array | None = None) -> Labelled:
        """The picture with the boxes that stay; without `before` nothing is said of their areas."""
        stays = self.of(given.boxes if before is None else before, given.boxes)
        return Labelled(given.image, given.boxes[stays], given.classes[stays])


AREA = Keep()
"""What has an area."""
YOLOV5 = Keep(side=2, area=0.1, ratio=100)
YOLOX = Keep(side=1)
DARKNET = Keep(side=1)
