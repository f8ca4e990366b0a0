"""How Darknet's YOLOv3 and YOLOv4 learn: the anchor of the most similar size answers; see `learning.BestAnchor`.

The meaning in NumPy; `torch_impl` and `tf_impl` have the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..spec import Array
from .boxes import centres, iou
from .candidates import take
from .checks import all_anchors, require_squares
from .decode import decode_level
from .detector import Detector
from .grid import Grid, grid
from .learning import BestAnchor, Terms
from .terms import (
    Whole,
    constant,
    cross_entropy,
    detached,
    first,
    flattened,
    kept,
    last,
    log_sigmoid,
    overlap_of,
)


def loss(cells: Sequence[Array], labels: Array, detector: Detector, rule: BestAnchor) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    require_squares(rule, detector)
    shapes = [part.shape[1:3] for part in cells]
    places = grid(shapes, detector.levels)
    raw = flattened(cells)
    pairs = zip(cells, detector.levels, strict=True)
    boxes = flattened([decode_level(part, level, detector.rule)[0] for part, level in pairs])
    where, wanted = assigned(labels, shapes, detector, rule)
    own = np.tile(labels, (1, where.shape[1] // labels.shape[1], 1))
    count = raw.shape[-1] - 5
    there = last(where, wanted, raw.shape[1]) >= 0
    class_places = where * count + own[..., 0].astype(np.int64)
    answered = last(class_places, wanted, raw.shape[1] * count) >= 0
    classes = np.reshape(answered, (-1, raw.shape[1], count)).astype(raw.dtype)
    left = ignored(detached(boxes), detached(raw[..., 5:]), labels, rule) & ~there
    down, across = (side * detector.levels[0].stride for side in shapes[0])
    share = 1 / np.sum(np.ones_like(labels[:, 0, 0]))
    if rule.overlap == "squares":
        fitted = _squares(raw, own, where, wanted, places, across * down)
    else:
        sides = constant(np.array([across, down, across, down], np.float64), raw)
        target = own[..., 1:] / sides
        ours = np.where(wanted[..., None], take(boxes / sides, where), target)
        fitted = 1 - overlap_of(rule.overlap, ours, target, 0.0, rule.eps)
    if rule.shared:
        several = take(np.sum(classes, -1), where)
        fitted = fitted / np.where(wanted, several, np.ones_like(several))
    objects = kept(~left, cross_entropy(raw[..., 4], there.astype(raw.dtype)))
    of_class = kept(there[..., None], cross_entropy(raw[..., 5:], classes))
    parts = rule.box * share * np.sum(kept(wanted, fitted)), share * np.sum(objects), share * np.sum(of_class)
    return Terms(sum(parts), *parts, np.zeros_like(parts[0]))


def assigned(
    labels: Array, shapes: Sequence[Sequence[int]], detector: Detector, rule: BestAnchor
) -> tuple[Whole, Whole]:
    """The places (N, R) among those of all levels, and which rows are wanted, (N, R).

    The rows are in the order level, anchor, label.
    """
    x, y, w, h = np.moveaxis(centres(labels[..., 1:]), -1, 0)
    every = all_anchors(rule, detector)
    alike = _alike(w, h, constant(np.array(every), labels))
    best = first(alike == np.max(alike, 2)[..., None], 2)
    wheres, wants, begin = [], [], 0
    for (height, width), level in zip(shapes, detector.levels, strict=True):
        column, row = (np.floor(position / level.stride).astype(np.int64) for position in (x, y))
        inside = (labels[..., 0] >= 0) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
        for number, anchor in enumerate(level.anchors):
            place = begin + (row * width + column) * len(level.anchors) + number
            index = every.index(anchor)
            mine = best == index
            if rule.match is not None:
                mine = mine | (alike[..., index] > rule.match)
            wheres.append(kept(inside, place))
            wants.append(inside & mine)
        begin += height * width * len(level.anchors)
    return np.concatenate(wheres, 1), np.concatenate(wants, 1)


def ignored(boxes: Array, classes: Array, labels: Array, rule: BestAnchor) -> Whole:
    """Whether a place (N, M) is left out of the loss of the object, where it has none."""
    overlaps = iou(labels[:, :, None, 1:], boxes[:, None], 0.0)
    found: Whole = np.any((overlaps > rule.ignore) & (labels[..., :1] >= 0), 1)
    if rule.ignore_score is not None:
        found = found & np.any(np.exp(log_sigmoid(classes)) > rule.ignore_score, 2)
    return found


def _alike(w: Array, h: Array, anchors: Array) -> Array:
    """The IoU (N, G, A) of boxes of widths and heights (N, G) with anchors (A, 2) around the same centre."""
    corner = np.zeros_like(w)
    ours = np.stack([corner, corner, w, h], -1)
    return iou(ours[:, :, None], np.concatenate([np.zeros_like(anchors), anchors], -1), 0.0)


def _squares(raw: Array, own: Array, where: Whole, wanted: Whole, places: Grid, pixels: float) -> Array:
    """The loss (N, R) of x and y by cross-entropy and of w and h by squares, more for smaller boxes."""
    cell, stride, anchor = (constant(numbers, raw)[None] for numbers in (places.cell, places.stride, places.anchors))
    target = centres(np.where(wanted[..., None], own[..., 1:], np.ones_like(own[..., 1:])))
    size = np.where(wanted[..., None], target[..., 2:], np.ones_like(target[..., 2:]))
    images = np.ones_like(raw[..., :1])
    cell, stride, anchor = (take(numbers * images, where) for numbers in (cell, stride, anchor))
    found = take(raw[..., :4], where)
    inside = target[..., :2] / stride - cell
    centre = cross_entropy(found[..., :2], inside)
    errors = found[..., 2:] - np.log(size / anchor)
    weight = 2 - size[..., 0] * size[..., 1] / pixels
    answer: Array = weight * np.sum(centre + errors * errors / 2, -1)
    return answer
