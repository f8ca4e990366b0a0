"""Rotation, scale, shear and shift of a picture with boxes, as YOLOv5 and YOLOX do it after a mosaic.

Of the corners of a box, mapped, the hull is the new box; it is cut at the border, and `Keep` says which boxes stay.

* yolov5: about the centre, to the centre of the result and `shift` times its size away: shift, shear, rotation and
  scale, centre; drawn with shift +-0.1, scale 1 +- 0.5.
* yolox: about the corner (0, 0), to `shift` times the size of the result; drawn with angle +-10, scale 0.1 to 2, shear
  +-2, shift +-0.1. Each row of its matrix has tan(shear) times the other added.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Literal

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .frame import GREY, as_bytes
from .labelled import YOLOV5, YOLOX, Keep, Labelled, clipped
from .warp import Centres, warped

Form = Literal["yolov5", "yolox"]
KEEP = {"yolov5": YOLOV5, "yolox": YOLOX}


@dataclasses.dataclass(frozen=True)
class Motion:
    """How a picture moves: `angle` and `shear` (x, y) in degrees, `scale`, and `shift` (x, y) in sizes of the result.

    A positive angle turns against the clock.
    """

    angle: float = 0.0
    scale: float = 1.0
    shear: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Raise DiptychError for numbers that are not finite, a scale of 0 or less, and a shear to a line."""
        numbers = (self.angle, self.scale, *self.shear, *self.shift)
        if not all(map(math.isfinite, numbers)) or self.scale <= 0 or max(map(abs, self.shear)) >= 45:
            raise DiptychError(
                f"a motion has finite numbers, a scale above 0 and shears of less than 45 degrees, not {self}"
            )


@dataclasses.dataclass(frozen=True)
class Ranges:
    """From where motions are drawn, evenly: +-angle, between two scales, +-shear, +-shift."""

    angle: float
    scale: tuple[float, float]
    shear: float
    shift: float


RANGES = {"yolov5": Ranges(0, (0.5, 1.5), 0, 0.1), "yolox": Ranges(10, (0.1, 2), 2, 0.1)}


def draw(source: np.random.Generator, ranges: Ranges | Form = "yolov5") -> Motion:
    """A motion at random, of these ranges or of a form's."""
    of = RANGES[ranges] if isinstance(ranges, str) else ranges
    limits = np.array([of.angle, of.shear, of.shear, of.shift, of.shift])
    angle, shear_x, shear_y, right, down = map(float, source.uniform(-1, 1, 5) * limits)
    return Motion(angle, float(source.uniform(*of.scale)), (shear_x, shear_y), (right, down))


def matrix(motion: Motion, image: tuple[int, int], size: tuple[int, int], form: Form = "yolov5") -> Array:
    """The map (3, 3) of (x, y, 1) from a picture of (height, width) `image` to one of `size`.

    >>> matrix(Motion(angle=90, scale=2), (4, 4), (8, 8)).round(9).tolist()[:2]
    [[0.0, 2.0, 0.0], [-2.0, 0.0, 8.0]]
    """
    angle, along_x, along_y = (math.radians(value) for value in (motion.angle, *motion.shear))
    cosine, sine = motion.scale * math.cos(angle), motion.scale * math.sin(angle)
    turn = np.array([[cosine, sine, 0], [-sine, cosine, 0], [0, 0, 1]])
    shift = np.array([motion.shift[0] * size[1], motion.shift[1] * size[0]])
    first, second = (along_y, along_x) if form == "yolox" else (along_x, along_y)
    shear = np.array([[1, math.tan(first), 0], [math.tan(second), 1, 0], [0, 0, 1]])
    if form == "yolox":
        found: Array = _moved(shift) @ shear @ turn
    else:
        centre, middle = np.array([image[1], image[0]]) / 2, np.array([size[1], size[0]]) / 2
        found = _moved(middle + shift) @ shear @ turn @ _moved(-centre)
    return found


def affine(
    given: Labelled,
    motion: Motion,
    size: tuple[int, int],
    form: Form = "yolov5",
    keep: Keep | None = None,
    pad: float = GREY,
    centres: Centres = "half",
) -> Labelled:
    """The picture of (height, width) `size` after a motion, and the boxes that stay by `keep`, or the form's own rule.

    Boxes are cut at the border before and after; a box's area is compared with what it was between, times the square of
    the scale.
    """
    if min(size) < 1:
        raise DiptychError(f"a picture has one pixel or more on each axis, and was to have (height, width) {size}")
    map_of = matrix(motion, given.size, size, form)
    image = as_bytes(warped(given.image, map_of, size, pad, centres))
    before = clipped(given.boxes, given.size)
    moved = Labelled(image, clipped(mapped(before, map_of), size), given.classes)
    return (keep or KEEP[form]).among(moved, before * motion.scale)


def mapped(boxes: Array, map_of: Array) -> Array:
    """The hulls (n, 4) of boxes whose corners are mapped by a matrix (3, 3).

    >>> mapped(np.array([[0.0, 0, 2, 4]]), np.array([[0, -1, 4], [1, 0, 0], [0, 0, 1]])).tolist()
    [[0.0, 0.0, 4.0, 2.0]]
    """
    corners = boxes[:, [0, 1, 2, 1, 2, 3, 0, 3]].reshape(-1, 4, 2)
    moved = corners @ map_of[:2, :2].T + map_of[:2, 2]
    return np.concatenate([moved.min(1), moved.max(1)], 1)


def _moved(by: Array) -> Array:
    return np.array([[1.0, 0, by[0]], [0, 1, by[1]], [0, 0, 1]])
