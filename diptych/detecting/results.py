"""What a detector finds in an image, and how far the findings of two frameworks lie apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..common.spec import Array

Places = NDArray[Any]
"""Whole numbers."""
PIXELS, SHARE, SCORE = 0.1, 1e-4, 0.001
"""How far the corners of one box may lie apart in two frameworks, in pixels and in shares of its longer side, and its
scores: of trained weights in float32 they are 1e-3, 1e-6 and 1e-6 apart."""


@dataclass(frozen=True)
class Detections:
    """The boxes of one image, best first.

    `boxes` (K, 4) are the corners (x1, y1, x2, y2) in pixels of the image, as the network has them: they may reach
    beyond it, and `clipped` do not. scores (K,), classes (K,) from 0, and their `labels`; `places` (K,) is which of the
    network's boxes each one was. `size` is (height, width) of the image.
    """

    boxes: Array
    scores: Array
    classes: Places
    labels: tuple[str, ...]
    places: Places
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def clipped(self) -> Array:
        """The part of each box that lies in the image."""
        height, width = self.size
        return np.clip(self.boxes, 0, np.array([width, height, width, height], self.boxes.dtype))


class Pair(NamedTuple):
    """A box of one framework and the same box of another, by their indexes; None where it has not found it."""

    first: int | None
    second: int | None


@dataclass(frozen=True)
class Difference:
    """How far findings lie apart: the largest distance of two corners on an axis, in pixels, and of two scores.

    `shared` boxes are in both; `first` and `second` are how many one of them alone has. `close` says that each of the
    shared ones is within `PIXELS`, `SHARE` and `SCORE`.
    """

    pixels: float = 0.0
    score: float = 0.0
    shared: int = 0
    first: int = 0
    second: int = 0
    close: bool = True

    def __add__(self, other: Difference) -> Difference:
        """Of both together."""
        worst = max(self.pixels, other.pixels), max(self.score, other.score)
        counts = self.shared + other.shared, self.first + other.first, self.second + other.second
        return Difference(*worst, *counts, self.close and other.close)

    @property
    def same(self) -> bool:
        """Whether both found the same boxes."""
        return self.close and not (self.first or self.second)


def pairs(first: Detections, second: Detections) -> list[Pair]:
    """Every box of both, those of the same place in the network's maps and of the same class together."""
    one, other = (
        {key: index for index, key in enumerate(zip(found.places.tolist(), found.classes.tolist(), strict=True))}
        for found in (first, second)
    )
    found = [Pair(index, other.get(key)) for key, index in one.items()]
    return found + [Pair(None, index) for key, index in other.items() if key not in one]


def apart(first: Detections, second: Detections, pair: Pair) -> tuple[float, float]:
    """(pixels, score) between the two boxes of a pair that has both."""
    left, right = first.boxes[pair.first], second.boxes[pair.second]
    with np.errstate(invalid="ignore"):
        gaps = np.where(left == right, 0.0, np.abs(left - right))  # 0 between two that are infinite
    return float(gaps.max()), float(abs(first.scores[pair.first] - second.scores[pair.second]))


def compare(first: Detections, second: Detections) -> Difference:
    """Hold two findings of one image against each other."""
    found = pairs(first, second)
    shared = [pair for pair in found if None not in pair]
    both = [apart(first, second, pair) for pair in shared]
    worst = [max(values) for values in zip(*both, strict=True)] or [0.0, 0.0]
    close = all(
        moved <= PIXELS + SHARE * _longer(first.boxes[pair.first]) and changed <= SCORE
        for pair, (moved, changed) in zip(shared, both, strict=True)
    )
    alone = sum(pair.second is None for pair in found), sum(pair.first is None for pair in found)
    return Difference(worst[0], worst[1], len(both), *alone, close)


def _longer(box: Array) -> float:
    """The longer side of a box; 0 of an infinite one, which must be equal."""
    side = float(max(box[2] - box[0], box[3] - box[1]))
    return side if np.isfinite(side) else 0.0
