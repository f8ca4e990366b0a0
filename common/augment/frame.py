"""A picture with boxes in another frame: resized, fitted into an input, or mirrored.

A picture is resized bilinearly between the centres of its pixels, as OpenCV's INTER_LINEAR does, to the nearest byte
(`detection.resample.half_pixel`), by at most one level another number than OpenCV's.
"""

from __future__ import annotations

import numpy as np

from ..detection.detector import Fit, FitRule
from ..detection.letterbox import letterbox
from ..detection.resample import half_pixel
from ..errors import DiptychError
from ..spec import Array
from .labelled import Labelled, Pixels, clipped

GREY = 114
"""The border of the YOLOs."""


def resized(given: Labelled, size: tuple[int, int]) -> Labelled:
    """The picture at (height, width), each axis by a factor of its own, and the boxes likewise.

    Raises DiptychError for a size without pixels.
    """
    if min(size) < 1:
        raise DiptychError(f"a picture has one pixel or more on each axis, and was to have (height, width) {size}")
    if size == given.size:
        return given
    scale = np.array([size[1] / given.size[1], size[0] / given.size[0]])
    return Labelled(as_bytes(half_pixel(given.image, size)), given.boxes * np.tile(scale, 2), given.classes)


def fit(given: Labelled, size: tuple[int, int], rule: FitRule = "yolov5", pad: float = GREY) -> Labelled:
    """The picture in an input of (height, width) by a detector's rule, see `detection.letterbox`, with its boxes.

    Boxes are cut at the picture's border and moved by the pixels that there are, so that they stay exact; YOLOX's and
    EfficientDet's own code takes the ratio before it was cut to whole pixels, which is up to one pixel away. Bytes are
    rounded to the nearest.
    """
    values, placement = letterbox(given.image, size, Fit(rule, pad=pad, divisor=1))
    (sy, sx), (top, left), _ = placement
    boxes = clipped(given.boxes, given.size) * np.array([sx, sy, sx, sy]) + np.array([left, top, left, top])
    return Labelled(as_bytes(values), boxes, given.classes)


def mirrored(given: Labelled) -> Labelled:
    """Left for right: x becomes width - x.

    >>> mirrored(Labelled(np.zeros((1, 8, 3), np.uint8), np.array([[1.0, 0, 3, 1]]), np.array([0]))).boxes.tolist()
    [[5.0, 0.0, 7.0, 1.0]]
    """
    width = given.size[1]
    x1, y1, x2, y2 = given.boxes.T
    return Labelled(given.image[:, ::-1], np.stack([width - x2, y1, width - x1, y2], 1), given.classes)


def as_bytes(values: Array) -> Pixels:
    """Numbers from 0 to 255 as the nearest bytes, a half upwards."""
    found: Pixels = np.floor(values + 0.5).clip(0, 255).astype(np.uint8)
    return found
