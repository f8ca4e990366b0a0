"""A picture under an affine map: every pixel asks where it comes from, bilinearly between four.

Two rules say where a pixel is. "half": the first covers 0 to 1 and its centre is 1/2, as boxes have it, so that a box
is where its thing is. "opencv": the centre of the first is 0, as cv2.warpAffine has it, which YOLOv5 and YOLOX call
with the map of the boxes: at a scale of 2 their pictures lie half a pixel before their boxes.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..spec import Array
from .labelled import Pixels

Centres = Literal["half", "opencv"]
ROWS = 64
"""How many rows of the result are made at once."""


def warped(image: Pixels, matrix: Array, size: tuple[int, int], pad: float, centres: Centres = "half") -> Array:
    """The picture (H, W, 3) that (x, y, 1) of `image` is mapped to by a matrix (3, 3), in float64, at (height, width).

    What is beyond the image is `pad`, also between its last pixel and the first of the border.
    """
    back = np.linalg.inv(matrix)
    height, width = size
    at = 0.5 if centres == "half" else 0.0
    parts = []
    for start in range(0, height, ROWS):
        y, x = np.mgrid[start : min(start + ROWS, height), 0:width] + at
        columns, rows = (back[row, 0] * x + back[row, 1] * y + back[row, 2] - at for row in (0, 1))
        parts.append(_taken(image, columns, rows, pad))
    return np.concatenate(parts)


def _taken(image: Pixels, x: Array, y: Array, pad: float) -> Array:
    """The values between four pixels at places (h, w), counted from the centre of the first pixel."""
    left, top = np.floor(x), np.floor(y)
    across, down = (x - left)[..., None], (y - top)[..., None]
    left, top = left.astype(int), top.astype(int)
    one, two, three, four = (_pixel(image, left + i, top + j, pad) for j in (0, 1) for i in (0, 1))
    found: Array = (one * (1 - across) + two * across) * (1 - down) + (three * (1 - across) + four * across) * down
    return found


def _pixel(image: Pixels, x: Array, y: Array, pad: float) -> Array:
    height, width = image.shape[:2]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    found: Array = np.where(inside[..., None], image[y.clip(0, height - 1), x.clip(0, width - 1)], np.float64(pad))
    return found
