"""Mosaic: four pictures that meet at a point (Bochkovskiy, Wang & Liao 2020, section 3.4).

The first stands above and left of the point, then above and right, below and left, below and right, each with its
nearest corner on the point; what reaches beyond the canvas is cut off.

* yolov5: a canvas of twice the input in grey 114, each picture as large as fits into the input, its sides rounded; an
  affine motion then makes the input of it (`affine`).
* yolox: the same with sides that are cut to whole pixels.
* darknet: the canvas is the input and each picture is stretched to it, so that nothing is left grey; nothing follows.
  Before that each picture may be cut or widened (`jitter`). What widens it at the point is moved over the point, out of
  sight; as Darknet does it, by pixels of the picture as it was, so that a little of it may stay.

Which four pictures is the caller's to draw: the authors take the one at hand and three others at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from ..detection.letterbox import fitted
from ..errors import DiptychError
from .frame import GREY, resized
from .jitter import Margins, jittered
from .labelled import AREA, DARKNET, Labelled, Pixels, clipped, joined

Form = Literal["yolov5", "yolox", "darknet"]
SPAN = {"yolov5": (0.5, 1.5), "yolox": (0.5, 1.5), "darknet": (0.2, 0.8)}
"""Between which shares of the input the point lies, evenly."""


def draw(source: np.random.Generator, size: tuple[int, int], form: Form = "yolov5") -> tuple[int, int]:
    """The point (x, y), whole pixels of the canvas, for an input of (height, width)."""
    low, high = SPAN[_known(form)]
    across, down = source.uniform(low, high, 2)
    return int(across * size[1]), int(down * size[0])


def mosaic(
    pictures: Sequence[Labelled],
    size: tuple[int, int],
    point: tuple[int, int],
    form: Form = "yolov5",
    margins: Sequence[Margins] = (),
) -> Labelled:
    """The canvas with four pictures that meet at the point, and the parts of their boxes on it that have an area.

    `size` is (height, width) of the input. Of darknet boxes of a pixel or less on a side are left out, and each picture
    may have `margins`. Raises DiptychError for another number of pictures or margins, for margins of another form, for
    margins that leave nothing, and for a point outside of the canvas.
    """
    if len(pictures) != 4:
        raise DiptychError(f"a mosaic is made of 4 pictures, not {len(pictures)}")
    height, width = size if _known(form) == "darknet" else (2 * size[0], 2 * size[1])
    if not (0 <= point[0] <= width and 0 <= point[1] <= height):
        raise DiptychError(f"the point (x, y) lies on the canvas of {width} x {height} pixels, not at {point}")
    if margins and (form != "darknet" or len(margins) != 4):
        raise DiptychError(f"darknet has margins for each of 4 pictures; {form} was given {len(margins)}")
    canvas, placed = np.full((height, width, 3), GREY, np.uint8), list[Labelled]()
    for number, (one, edges) in enumerate(zip(pictures, margins or [Margins()] * 4, strict=True)):
        moved = _moved(edges, one.size, number, point, (height, width))
        window = jittered(one, edges) if margins else one
        placed.append(_place(canvas, _sized(window, size, form), number, point, moved))
    return (DARKNET if form == "darknet" else AREA).among(joined(placed, canvas))


def _ahead(number: int) -> tuple[bool, bool]:
    """Whether a picture stands before the point, along x and along y."""
    return number % 2 == 0, number < 2


def _moved(
    margins: Margins, before: tuple[int, int], number: int, point: tuple[int, int], size: tuple[int, int]
) -> tuple[int, int]:
    """How far (x, y) a picture is moved over the point, so that what was added to it there does not show.

    `before` and `size` are (height, width) of the picture before it was widened, and of the canvas.
    """
    found = []
    for axis, ahead in enumerate(_ahead(number)):
        meeting, end = point[axis], size[1 - axis]
        added = max(0, -margins[axis + 2 * ahead] * end // before[1 - axis])
        found.append(min(end - meeting, added) if ahead else -min(meeting, added))
    return found[0], found[1]


def _sized(given: Labelled, size: tuple[int, int], form: Form) -> Labelled:
    return resized(given, fitted(given.size, size, "stretch" if form == "darknet" else form))


def _place(canvas: Pixels, given: Labelled, number: int, point: tuple[int, int], moved: tuple[int, int]) -> Labelled:
    """Put a picture on its part of the canvas; the same with its boxes as they are there."""
    (height, width), (down, across), ahead = given.size, canvas.shape[:2], _ahead(number)
    left = point[0] - (width if ahead[0] else 0) + moved[0]
    top = point[1] - (height if ahead[1] else 0) + moved[1]
    low = np.array([0 if first else meeting for first, meeting in zip(ahead, point, strict=True)])
    high = np.array([meeting if ahead[axis] else (across, down)[axis] for axis, meeting in enumerate(point)])
    (x1, y1), (x2, y2) = np.maximum((left, top), low), np.minimum((left + width, top + height), high)
    if x1 < x2 and y1 < y2:
        canvas[y1:y2, x1:x2] = given.image[y1 - top : y2 - top, x1 - left : x2 - left]
    boxes = clipped(given.boxes, given.size) + np.array([left, top, left, top])
    return Labelled(canvas, np.clip(boxes, np.tile(low, 2), np.tile(high, 2)), given.classes)


def _known(form: Form) -> Form:
    if form not in get_args(Form):
        raise DiptychError(f"the form of a mosaic is one of {', '.join(get_args(Form))}, not {form!r}")
    return form
