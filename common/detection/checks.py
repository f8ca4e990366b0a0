"""What the functions of this folder are given, checked once for NumPy and both frameworks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ..errors import DiptychError
from .detector import Detector


def require_cells(shape: Sequence[int], channels: int, anchors: int, before: int) -> None:
    """Raises DiptychError for a raw map whose axis `channels` is not anchors times (`before` + one class or more)."""
    if len(shape) != 4 or shape[channels] % anchors or shape[channels] // anchors <= before:
        wanted = f"({before} + classes)" if before else "classes"
        raise DiptychError(
            f"a raw map has 4 axes and, for {anchors} anchors, {anchors} x {wanted} channels on axis {channels}; "
            f"its shape is {tuple(shape)}"
        )


def require_levels(maps: Sequence[Any], detector: Detector) -> None:
    """Raises DiptychError for another number of maps than the detector has levels, of efficientdet twice as many."""
    if len(maps) != len(detector.levels) * (2 if detector.rule == "efficientdet" else 1):
        words = ", with a map of classes and one of boxes each," if detector.rule == "efficientdet" else ""
        raise DiptychError(f"the detector has {len(detector.levels)} levels{words} and was given {len(maps)} raw maps")


def require_pairs(classes: Sequence[Sequence[int]], boxes: Sequence[Sequence[int]]) -> None:
    """Raises DiptychError for the cells (N, H, W, A, C) of classes and (N, H, W, A, 4) of boxes that do not belong.

    A level has half of the rows and columns of the level before it: else the sides of the input were no multiples of
    the last stride, the authors' strides are fractions, and the anchors are others than the detector has.
    """
    for ours, theirs in zip(classes, boxes, strict=True):
        if tuple(ours[1:4]) != tuple(theirs[1:4]) or theirs[4] != 4:
            raise DiptychError(
                "a level has a map of classes and one of boxes of the same places, with 4 numbers for each anchor; "
                f"their cells (N, rows, columns, anchors, numbers) are {tuple(ours)} and {tuple(theirs)}"
            )
    for fine, coarse in itertools.pairwise(classes):
        if (fine[1], fine[2]) != (2 * coarse[1], 2 * coarse[2]):
            raise DiptychError(
                "each level has half of the rows and columns of the one before it, which an input has whose sides are "
                f"multiples of the last stride; they are {fine[1]} x {fine[2]} and {coarse[1]} x {coarse[2]}"
            )


def require_boxes(boxes: Sequence[int], scores: Sequence[int]) -> None:
    """Raises DiptychError for other shapes than boxes (N, M, 4) and scores (N, M, C) of at least one class."""
    fits = len(boxes) == len(scores) == 3 and boxes[2] == 4 and tuple(boxes[:2]) == tuple(scores[:2])
    if not fits or boxes[1] is None or not scores[2]:
        raise DiptychError(
            "boxes are (N, M, 4) and scores (N, M, classes) of at least one class, where M is known; "
            f"their shapes are {tuple(boxes)} and {tuple(scores)}"
        )
