"""MixUp: two pictures in one, with the boxes of both (Zhang et al. 2017; for boxes Zhang et al. 2019).

* yolov5: `ratio` of the first and the rest of the second, drawn from Beta(32, 32); bytes are cut.
* darknet: half of each; Darknet has no bytes here, and to the nearest they are rounded.
* yolox: half of each, the second fitted into the input, resized by 0.5 to 1.5, mirrored one time in two, and where it
  is larger a part of it; what is beyond it is black (`paste`).
"""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from ..errors import DiptychError
from .frame import as_bytes, fit, mirrored, resized
from .labelled import Labelled, clipped, joined

BETA = 32.0
SCALES = (0.5, 1.5)


def draw(source: np.random.Generator) -> float:
    """The share of the first picture, as YOLOv5 draws it."""
    return float(source.beta(BETA, BETA))


def mixup(
    first: Labelled, second: Labelled, ratio: float = 0.5, rounding: Literal["cut", "nearest"] = "cut"
) -> Labelled:
    """`ratio` of the first picture and 1 - ratio of the second, and all boxes.

    Raises DiptychError for pictures of two sizes, and a ratio outside of 0 to 1.
    """
    if first.size != second.size:
        raise DiptychError(f"MixUp takes two pictures of one size (height, width), not {first.size} and {second.size}")
    if not 0 <= ratio <= 1:
        raise DiptychError(f"the share of the first picture is from 0 to 1, not {ratio}")
    mixed = first.image * ratio + second.image * (1 - ratio)
    return joined([first, second], mixed.astype(np.uint8) if rounding == "cut" else as_bytes(mixed))


@dataclasses.dataclass(frozen=True)
class Paste:
    """How YOLOX mixes a second picture in: its scale, whether it is mirrored, and where (x, y) its part begins."""

    scale: float = 1.0
    mirror: bool = False
    start: tuple[int, int] = (0, 0)


def draw_paste(source: np.random.Generator, size: tuple[int, int]) -> Paste:
    """A `Paste` at random for an input of (height, width)."""
    scale, mirror = float(source.uniform(*SCALES)), bool(source.random() > 0.5)
    down, across = (max(int(side * scale) - side, 1) for side in size)
    return Paste(scale, mirror, (int(source.integers(across)), int(source.integers(down))))


def paste(first: Labelled, second: Labelled, how: Paste) -> Labelled:
    """Half of the first picture, which is the input, and half of the second as YOLOX mixes it in.

    The boxes of the second are cut at the border; as in the authors' code none is dropped. Raises DiptychError for a
    start from which the second does not fill the input.
    """
    height, width = first.size
    large = (int(height * how.scale), int(width * how.scale))
    other = resized(fit(second, first.size, "yolox"), large)
    other = other._replace(boxes=clipped(other.boxes, large))
    other = mirrored(other) if how.mirror else other
    x, y = how.start
    if not (0 <= x <= max(large[1] - width, 0) and 0 <= y <= max(large[0] - height, 0)):
        raise DiptychError(
            f"the part of {width} x {height} pixels of {large[1]} x {large[0]} cannot start at {how.start}"
        )
    black = np.zeros_like(first.image)
    part = other.image[y : y + height, x : x + width]
    black[: part.shape[0], : part.shape[1]] = part
    boxes = clipped(other.boxes - np.array([x, y, x, y]), first.size)
    return mixup(first, Labelled(black, boxes, other.classes))
