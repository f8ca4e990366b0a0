"""How Darknet's YOLOv3 and YOLOv4 learn, in TensorFlow; see `common.detection.best_anchor`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ...common.detection.checks import all_anchors, require_squares
from ...common.detection.detector import Detector
from ...common.detection.grid import Grid, grid
from ...common.detection.learning import BestAnchor, Terms
from .boxes import centres, iou
from .candidates import take
from .decode import decode_level
from .terms import constant, cross_entropy, detached, first, flattened, kept, last, log_sigmoid, overlap_of


def loss(cells: Sequence[tf.Tensor], labels: tf.Tensor, detector: Detector, rule: BestAnchor) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    require_squares(rule, detector)
    shapes = [part.shape[1:3] for part in cells]
    places = grid(shapes, detector.levels)
    raw = flattened(cells)
    pairs = zip(cells, detector.levels, strict=True)
    boxes = flattened([decode_level(part, level, detector.rule)[0] for part, level in pairs])
    where, wanted = assigned(labels, shapes, detector, rule)
    own = tf.tile(labels, (1, where.shape[1] // labels.shape[1], 1))
    count = raw.shape[-1] - 5
    there = last(where, wanted, raw.shape[1]) >= 0
    class_places = where * count + tf.cast(own[..., 0], tf.int64)
    answered = last(class_places, wanted, raw.shape[1] * count) >= 0
    classes = tf.cast(tf.reshape(answered, (-1, raw.shape[1], count)), raw.dtype)
    left = ignored(detached(boxes), detached(raw[..., 5:]), labels, rule) & ~there
    down, across = (side * detector.levels[0].stride for side in shapes[0])
    share = 1 / tf.reduce_sum(tf.ones_like(labels[:, 0, 0]))
    if rule.overlap == "squares":
        fitted = _squares(raw, own, where, wanted, places, across * down)
    else:
        sides = constant(np.array([across, down, across, down], np.float64), raw)
        target = own[..., 1:] / sides
        ours = tf.where(wanted[..., None], take(boxes / sides, where), target)
        fitted = 1 - overlap_of(rule.overlap, ours, target, 0.0, rule.eps)
    if rule.shared:
        several = take(tf.reduce_sum(classes, -1), where)
        fitted = fitted / tf.where(wanted, several, tf.ones_like(several))
    objects = kept(~left, cross_entropy(raw[..., 4], tf.cast(there, raw.dtype)))
    of_class = kept(there[..., None], cross_entropy(raw[..., 5:], classes))
    parts = (
        rule.box * share * tf.reduce_sum(kept(wanted, fitted)),
        share * tf.reduce_sum(objects),
        share * tf.reduce_sum(of_class),
    )
    return Terms(sum(parts), *parts, tf.zeros_like(parts[0]))


def assigned(
    labels: tf.Tensor, shapes: Sequence[Sequence[int]], detector: Detector, rule: BestAnchor
) -> tuple[tf.Tensor, tf.Tensor]:
    """The places (N, R) among those of all levels, and which rows are wanted, (N, R).

    The rows are in the order level, anchor, label.
    """
    x, y, w, h = tf.unstack(centres(labels[..., 1:]), axis=-1)
    every = all_anchors(rule, detector)
    alike = _alike(w, h, constant(np.array(every), labels))
    best = first(alike == tf.reduce_max(alike, 2)[..., None], 2)
    wheres, wants, begin = [], [], 0
    for (height, width), level in zip(shapes, detector.levels, strict=True):
        column, row = (tf.cast(tf.floor(position / level.stride), tf.int64) for position in (x, y))
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
    return tf.concat(wheres, 1), tf.concat(wants, 1)


def ignored(boxes: tf.Tensor, classes: tf.Tensor, labels: tf.Tensor, rule: BestAnchor) -> tf.Tensor:
    """Whether a place (N, M) is left out of the loss of the object, where it has none."""
    overlaps = iou(labels[:, :, None, 1:], boxes[:, None], 0.0)
    found: tf.Tensor = tf.reduce_any((overlaps > rule.ignore) & (labels[..., :1] >= 0), 1)
    if rule.ignore_score is not None:
        found = found & tf.reduce_any(tf.exp(log_sigmoid(classes)) > rule.ignore_score, 2)
    return found


def _alike(w: tf.Tensor, h: tf.Tensor, anchors: tf.Tensor) -> tf.Tensor:
    """The IoU (N, G, A) of boxes of widths and heights (N, G) with anchors (A, 2) around the same centre."""
    corner = tf.zeros_like(w)
    ours = tf.stack([corner, corner, w, h], -1)
    return iou(ours[:, :, None], tf.concat([tf.zeros_like(anchors), anchors], -1), 0.0)


def _squares(
    raw: tf.Tensor, own: tf.Tensor, where: tf.Tensor, wanted: tf.Tensor, places: Grid, pixels: float
) -> tf.Tensor:
    """The loss (N, R) of x and y by cross-entropy and of w and h by squares, more for smaller boxes."""
    cell, stride, anchor = (constant(numbers, raw)[None] for numbers in (places.cell, places.stride, places.anchors))
    target = centres(tf.where(wanted[..., None], own[..., 1:], tf.ones_like(own[..., 1:])))
    size = tf.where(wanted[..., None], target[..., 2:], tf.ones_like(target[..., 2:]))
    images = tf.ones_like(raw[..., :1])
    cell, stride, anchor = (take(numbers * images, where) for numbers in (cell, stride, anchor))
    found = take(raw[..., :4], where)
    inside = target[..., :2] / stride - cell
    centre = cross_entropy(found[..., :2], inside)
    errors = found[..., 2:] - tf.math.log(size / anchor)
    weight = 2 - size[..., 0] * size[..., 1] / pixels
    return weight * tf.reduce_sum(centre + errors * errors / 2, -1)
