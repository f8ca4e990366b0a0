"""Mosaic: four pictures that meet at a point (Bochkovskiy, Wang & Liao 2020, section 3.4).

The first stands above and left of the point, then above and right, below and left, below and right, each with its
nearest corner on the point; what reaches beyond the canvas is cut off.

* yolov5: a canvas of twice the input in grey 114, each picture as large as fits into the input, its sides rounded; an
  affine motion then makes the input of it (`affine`).
* yolox: the same with sides that are cut to whole pixels.
* darknet: the canvas is the input and each picture is stretched to it, so that nothing is left grey; nothing follows.

Which four pictures is the caller's to draw: the authors take the one at hand and three others at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np

from ..detection.letterbox import fitted
from ..errors import DiptychError
from .frame import GREY, resized
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
    pictures: Sequence[Labelled], size: tuple[int, int], point: tuple[int, int], form: Form = "yolov5"
) -> Labelled:
    """The canvas with four pictures that meet at the point, and the parts of their boxes on it that have an area.

    `size` is (height, width) of the input. Of darknet boxes of a pixel or less on a side are left out. Raises
    DiptychError for another number of pictures and for a point outside of the canvas.
    """
    if len(pictures) != 4:
        raise DiptychError(f"a mosaic is made of 4 pictures, not {len(pictures)}")
    height, width = size if _known(form) == "darknet" else (2 * size[0], 2 * size[1])
    if not (0 <= point[0] <= width and 0 <= point[1] <= height):
        raise DiptychError(f"the point (x, y) lies on the canvas of {width} x {height} pixels, not at {point}")
    canvas = np.full((height, width, 3), GREY, np.uint8)
    placed = [_place(canvas, _sized(one, size, form), number, point) for number, one in enumerate(pictures)]
    return (DARKNET if form == "darknet" else AREA).among(joined(placed, canvas))


def _sized(given: Labelled, size: tuple[int, int], form: Form) -> Labelled:
    return resized(given, fitted(given.size, size, "stretch" if form == "darknet" else form))


def _place(canvas: Pixels, given: Labelled, number: int, point: tuple[int, int]) -> Labelled:
    """Put a picture on the canvas; the same with its boxes as they are there."""
    (height, width), (down, across) = given.size, (canvas.shape[0], canvas.shape[1])
    left = point[0] - (width if number % 2 == 0 else 0)
    top = point[1] - (height if number < 2 else 0)
    x1, y1, x2, y2 = max(left, 0), max(top, 0), min(left + width, across), min(top + height, down)
    if x1 < x2 and y1 < y2:
        canvas[y1:y2, x1:x2] = given.image[y1 - top : y2 - top, x1 - left : x2 - left]
    boxes = clipped(given.boxes, given.size) + np.array([left, top, left, top])
    return Labelled(canvas, clipped(boxes, (down, across)), given.classes)


def _known(form: Form) -> Form:
    if form not in get_args(Form):
        raise DiptychError(f"the form of a mosaic is one of {', '.join(get_args(Form))}, not {form!r}")
    return form
