"""What the functions of this folder are given, checked once for NumPy and both frameworks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from ..errors import DiptychError
from .detector import Detector
from .learning import Anchors, BestAnchor, Learning, Ratio


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


def require_learning(detector: Detector) -> Learning:
    """How a detector learns; raises DiptychError where it does not say."""
    if detector.learning is None:
        raise DiptychError(
            f"this detector of the rule {detector.rule} does not say how it learns; give it a rule of "
            "common.detection.learning: dataclasses.replace(detector, learning=...)"
        )
    return detector.learning


def require_labels(labels: Sequence[int], cells: Sequence[int]) -> None:
    """Raises DiptychError for other labels than (N, G, 5), of another number of images than the cells (N, ...) have."""
    fits = len(labels) == 3 and labels[2] == 5 and labels[1]
    if not fits or (None not in (labels[0], cells[0]) and labels[0] != cells[0]):
        raise DiptychError(
            "labels are (N, G, 5) of one row or more for each image of the batch: class, x1, y1, x2, y2, and class -1 "
            f"where there is no box; their shape is {tuple(labels)}, for {cells[0]} images"
        )


def require_balance(rule: Ratio, detector: Detector) -> None:
    """Raises DiptychError for a rule whose balance is not one number for each level."""
    if len(rule.balance) != len(detector.levels):
        raise DiptychError(
            f"the balance is a number for each level, finest first: the detector has {len(detector.levels)} levels and "
            f"the balance is {rule.balance}"
        )


def require_squares(rule: BestAnchor, detector: Detector) -> None:
    """Raises DiptychError for squared distances with a scale of centres, which Darknet's networks do not have."""
    if rule.overlap == "squares" and any(level.scale != 1 for level in detector.levels):
        raise DiptychError(
            f"squared distances are for levels of scale 1, not {[level.scale for level in detector.levels]}; take "
            'another overlap, such as "ciou"'
        )


def all_anchors(rule: BestAnchor, detector: Detector) -> Anchors:
    """The anchors among which a box has its best; raises DiptychError where one of a level is not among them."""
    levels = sorted(detector.levels, key=lambda level: level.stride)
    found = rule.anchors or tuple(anchor for level in levels for anchor in level.anchors)
    other = [anchor for level in levels for anchor in level.anchors if anchor not in found]
    if other:
        raise DiptychError(
            f"the anchors {other} of the detector's levels are not among those of its rule; give the rule all of them: "
            "dataclasses.replace(detector, learning=...)"
        )
    return found
