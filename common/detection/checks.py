"""What the functions of this folder are given, checked once for NumPy and both frameworks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..errors import DiptychError
from .detector import Detector


def require_cells(shape: Sequence[int], channels: int, anchors: int) -> None:
    """Raises DiptychError for a raw map whose axis `channels` is not anchors times (5 + one class or more)."""
    if len(shape) != 4 or shape[channels] % anchors or shape[channels] // anchors < 6:
        raise DiptychError(
            f"a raw map has 4 axes and, for {anchors} anchors, {anchors} x (5 + classes) channels on axis {channels}; "
            f"its shape is {tuple(shape)}"
        )


def require_levels(maps: Sequence[Any], detector: Detector) -> None:
    """Raises DiptychError for another number of maps than the detector has levels."""
    if len(maps) != len(detector.levels):
        raise DiptychError(f"the detector has {len(detector.levels)} levels and was given {len(maps)} raw maps")


def require_boxes(boxes: Sequence[int], scores: Sequence[int]) -> None:
    """Raises DiptychError for other shapes than boxes (N, M, 4) and scores (N, M, C) of at least one class."""
    fits = len(boxes) == len(scores) == 3 and boxes[2] == 4 and tuple(boxes[:2]) == tuple(scores[:2])
    if not fits or boxes[1] is None or not scores[2]:
        raise DiptychError(
            "boxes are (N, M, 4) and scores (N, M, classes) of at least one class, where M is known; "
            f"their shapes are {tuple(boxes)} and {tuple(scores)}"
        )


def require_limits(iou: float, score: float, max_candidates: int, max_boxes: int, sigma: float = 1.0) -> None:
    """Raises DiptychError for thresholds outside [0, 1], another sigma, and numbers that leave no box or choice."""
    if not 0 < sigma < math.inf:
        raise DiptychError(f"sigma is above 0, not {sigma}")
    for name, value in (("iou", iou), ("score", score)):
        if not 0 <= value <= 1:
            raise DiptychError(f"{name} is a threshold from 0 to 1, not {value}")
    if not 1 <= max_boxes <= max_candidates:
        raise DiptychError(
            f"max_boxes is 1 or more and at most max_candidates; they are {max_boxes} and {max_candidates}"
        )
