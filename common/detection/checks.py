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
    """Raises DiptychError for the cells (N, H, W, A, C) of classes and (N, H, W, A, 4) of boxes that do not belong."""
    for ours, theirs in zip(classes, boxes, strict=True):
        if tuple(ours[1:4]) != tuple(theirs[1:4]) or theirs[4] != 4:
            raise DiptychError(
                "a level has a map of classes and one of boxes of the same places, with 4 numbers for each anchor; "
                f"their cells (N, rows, columns, anchors, numbers) are {tuple(ours)} and {tuple(theirs)}"
            )


def require_one_input(shapes: Sequence[Sequence[int]], detector: Detector) -> None:
    """Raises DiptychError for the cells (N, H, W, A, K) of levels that cannot come from one batch of images.

    A level of twice the stride has half of the rows and columns. Maps in another order are found by this, and sides of
    an input that are no multiples of the last stride, for which EfficientDet's authors have strides that are fractions.
    """
    strides = [level.stride for level in detector.levels]
    for (ours, theirs), (fine, coarse) in zip(itertools.pairwise(shapes), itertools.pairwise(strides), strict=True):
        if any(a * fine != b * coarse for a, b in zip(ours[1:3], theirs[1:3], strict=True)):
            raise DiptychError(
                f"the maps of strides {', '.join(map(str, strides))} stand in this order, and each has the rows and "
                "columns of the input over its stride, for an input whose sides are multiples of the last stride; "
                f"they are {ours[1]} x {ours[2]} at {fine} and {theirs[1]} x {theirs[2]} at {coarse}"
            )
        if ours[4] != theirs[4] or (None not in (ours[0], theirs[0]) and ours[0] != theirs[0]):
            raise DiptychError(
                "all levels have as many images and as many classes; their cells (N, rows, columns, anchors, numbers) "
                f"are {tuple(ours)} and {tuple(theirs)}"
            )


def require_size(name: str, size: Sequence[int], detector: Detector) -> None:
    """Raises DiptychError for an input (height, width) whose cells are no whole strides."""
    height, width = map(int, size)
    last = max(level.stride for level in detector.levels)
    if height % last or width % last:
        raise DiptychError(
            f"{name} at {height}x{width}: for boxes, height and width are multiples of {last}, its largest stride"
        )


def require_boxes(boxes: Sequence[int], scores: Sequence[int]) -> None:
    """Raises DiptychError for other shapes than boxes (N, M, 4) and scores (N, M, C) of at least one class."""
    fits = len(boxes) == len(scores) == 3 and boxes[2] == 4 and tuple(boxes[:2]) == tuple(scores[:2])
    if not fits or boxes[1] is None or not scores[2]:
        raise DiptychError(
            "boxes are (N, M, 4) and scores (N, M, classes) of at least one class, where M is known; "
            f"their shapes are {tuple(boxes)} and {tuple(scores)}"
        )
