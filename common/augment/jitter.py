"""Darknet's jitter: each side of a picture is moved by chance, inwards or outwards, before it becomes the input.

What lies beyond a side that is moved inwards is cut off; what a side that is moved outwards adds has the mean colour of
the picture. So a picture is zoomed, moved and stretched at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..errors import DiptychError
from .frame import as_bytes
from .labelled import AREA, Labelled, clipped

SHARE = 0.3
"""`jitter` of Darknet's yolov4.cfg: how far a side is moved at most, as a share of the picture."""


class Margins(NamedTuple):
    """Pixels that are cut off at each side of a picture; below 0, pixels that are added."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


def draw(source: np.random.Generator, size: tuple[int, int], share: float = SHARE) -> Margins:
    """Margins for a picture of (height, width), evenly from -share to share of it, cut to whole pixels.

    Raises DiptychError for a share that is not from 0 to below a half: of the picture nothing would be left.
    """
    if not 0 <= share < 0.5:
        raise DiptychError(f"the share that a side is moved by is from 0 to below 0.5, not {share}")
    height, width = (int(share * side) for side in size)
    reach = np.array([width, height, width, height])
    return Margins(*(int(number) for number in source.uniform(-1, 1, 4) * reach))


def draw_mosaic(source: np.random.Generator, size: tuple[int, int], number: int, share: float = SHARE) -> Margins:
    """Margins for one of the four pictures of a mosaic, half of the times `cornered`."""
    margins = draw(source, size, share)
    return cornered(margins, number) if source.random() < 0.5 else margins


def cornered(margins: Margins, number: int) -> Margins:
    """The same window, moved so that it begins in the corner that the picture of this number has in the mosaic.

    Pictures 0 to 3 stand above left, above right, below left, below right.
    """
    across, down = margins.left + margins.right, margins.top + margins.bottom
    left, right = (0, across) if number % 2 == 0 else (across, 0)
    top, bottom = (0, down) if number < 2 else (down, 0)
    return Margins(left, top, right, bottom)


def jittered(given: Labelled, margins: Margins) -> Labelled:
    """The window of a picture, with the parts of its boxes that lie in it and have an area.

    Raises DiptychError for margins that leave no pixel of the picture.

    >>> row = Labelled(np.full((1, 4, 3), 6, np.uint8), np.array([[1.0, 0, 3, 1]]), np.array([0]))
    >>> jittered(row, Margins(left=2, right=-1)).boxes.tolist()
    [[0.0, 0.0, 1.0, 1.0]]
    """
    height, width = given.size
    x1, y1, x2, y2 = margins.left, margins.top, width - margins.right, height - margins.bottom
    inner = max(x1, 0), max(y1, 0), min(x2, width), min(y2, height)
    if inner[0] >= inner[2] or inner[1] >= inner[3]:
        raise DiptychError(f"of a picture of {width} x {height} pixels nothing is left between {margins}")
    image = np.empty((y2 - y1, x2 - x1, 3), np.uint8)
    image[:] = as_bytes(given.image.mean((0, 1)))
    image[inner[1] - y1 : inner[3] - y1, inner[0] - x1 : inner[2] - x1] = given.image[
        inner[1] : inner[3], inner[0] : inner[2]
    ]
    boxes = clipped(given.boxes, given.size) - np.array([x1, y1, x1, y1])
    return AREA.among(Labelled(image, clipped(boxes, (y2 - y1, x2 - x1)), given.classes))
