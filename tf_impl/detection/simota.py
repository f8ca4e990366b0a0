"""How YOLOX learns, in TensorFlow; see `common.detection.simota`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from ...common.detection.detector import Detector
from ...common.detection.grid import Grid, grid
from ...common.detection.learning import SimOTA, Terms
from .boxes import centres, iou
from .candidates import take
from .decode import decode_level
from .terms import best, constant, cross_entropy, detached, first, flattened, kept, log_sigmoid, one_hot


def loss(cells: Sequence[tf.Tensor], labels: tf.Tensor, detector: Detector, rule: SimOTA) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    places = grid([part.shape[1:3] for part in cells], detector.levels)
    raw = flattened(cells)
    pairs = zip(cells, detector.levels, strict=True)
    boxes = flattened([decode_level(part, level, detector.rule)[0] for part, level in pairs])
    owner, overlap = assigned(detached(boxes), detached(raw[..., 4:]), labels, places, rule)
    taken = owner >= 0
    own = take(labels, kept(taken, owner))
    number = tf.reduce_sum(tf.cast(taken, raw.dtype))
    share = 1 / tf.where(number > 0, number, tf.ones_like(number))
    target = own[..., 1:]
    # What is left out by a mask must have a gradient all the same, or there is NaN.
    fitted = 1 - iou(tf.where(taken[..., None], boxes, target), target, rule.eps) ** 2
    classes = cross_entropy(raw[..., 5:], one_hot(own[..., 0], raw.shape[-1] - 5) * overlap[..., None])
    parts = (
        rule.box * share * tf.reduce_sum(kept(taken, fitted)),
        share * tf.reduce_sum(cross_entropy(raw[..., 4], tf.cast(taken, raw.dtype))),
        share * tf.reduce_sum(kept(taken[..., None], classes)),
        share * tf.reduce_sum(kept(taken[..., None], _distances(raw, target, places))) * float(rule.distances),
    )
    return Terms(sum(parts), *parts)


def assigned(
    boxes: tf.Tensor, logits: tf.Tensor, labels: tf.Tensor, places: Grid, rule: SimOTA
) -> tuple[tf.Tensor, tf.Tensor]:
    """Which label each place answers for, (N, M), -1 for none, and the overlap with it, (N, M), 0 for none.

    `boxes` (N, M, 4) are the decoded ones, `logits` (N, M, 1 + classes) those of the object and the classes.
    """
    there = labels[..., :1] >= 0
    near, certain = _near(labels[..., 1:], places, rule)
    allowed = tf.reduce_any(near & there, 1)[:, None] & there
    overlaps = iou(labels[:, :, None, 1:], boxes[:, None], 0.0)
    overlaps = kept(allowed, overlaps)
    cost = _of_classes(logits, labels[..., 0]) - rule.cost * tf.math.log(overlaps + 1e-8)
    cost = tf.where(certain, cost, cost + rule.penalty)
    cost = tf.where(allowed, cost, tf.fill(tf.shape(cost), tf.constant(math.inf, cost.dtype)))
    chosen = allowed & _cheapest(cost, _count(overlaps, rule.most), rule.most)
    shared = tf.reduce_sum(tf.cast(chosen, tf.int64), 1) > 1
    least = first(cost == tf.reduce_min(cost, 1)[:, None], 1)
    order = tf.range(labels.shape[1], dtype=tf.int64)[:, None]
    chosen = tf.where(shared[:, None], least[:, None] == order, chosen)
    owner = first(chosen, 1)
    overlap = tf.reduce_sum(kept(chosen, overlaps), 1)
    return tf.where(tf.reduce_any(chosen, 1), owner, tf.fill(tf.shape(owner), tf.constant(-1, owner.dtype))), overlap


def _near(boxes: tf.Tensor, places: Grid, rule: SimOTA) -> tuple[tf.Tensor, tf.Tensor]:
    """Whether a place (N, G, M) is a candidate because of a box (N, G, 4), and whether it costs no penalty."""
    x, y = tf.unstack(constant(places.centre, boxes), axis=-1)
    reach = constant(places.stride[:, 0], boxes) * rule.radius
    across, down = (centres(boxes)[..., axis : axis + 1] for axis in (0, 1))
    low = (x - (across - reach) > 0) & (y - (down - reach) > 0)
    close = low & (across + reach - x > 0) & (down + reach - y > 0)
    if not rule.inside:
        return close, close
    x1, y1, x2, y2 = (boxes[..., side : side + 1] for side in range(4))
    inside = (x - x1 > 0) & (y - y1 > 0) & (x2 - x > 0) & (y2 - y > 0)
    return close | inside, close & inside


def _of_classes(logits: tf.Tensor, classes: tf.Tensor) -> tf.Tensor:
    """The cost (N, G, M) of the class of each label: cross-entropy of the roots of the scores, its logarithms cut."""
    score = tf.exp((log_sigmoid(logits[..., :1]) + log_sigmoid(logits[..., 1:])) / 2)
    yes, no = (_logarithm(part) for part in (score, 1 - score))
    wanted = one_hot(classes, logits.shape[-1] - 1)
    return -tf.reduce_sum(no, -1)[:, None] + tf.matmul(wanted, (no - yes), transpose_b=True)


def _logarithm(x: tf.Tensor) -> tf.Tensor:
    """The logarithm, at least -100."""
    least = math.exp(-100.0)
    return tf.math.log(tf.where(x < least, tf.fill(tf.shape(x), tf.constant(least, x.dtype)), x))


def _count(overlaps: tf.Tensor, most: int) -> tf.Tensor:
    """How many places each label takes, (N, G): the sum of its largest overlaps, cut, at least 1."""
    largest, _ = best(overlaps, most)
    total = largest[..., 0]
    for place in range(1, largest.shape[-1]):  # in one order, or a sum of 2 is 1.9999 in one framework
        total = total + largest[..., place]
    whole: tf.Tensor = tf.cast(total, tf.int64)
    return tf.where(whole < 1, tf.ones_like(whole), whole)


def _cheapest(cost: tf.Tensor, count: tf.Tensor, most: int) -> tf.Tensor:
    """Whether a place is among the `count` (N, G) of least cost of a label, of equal ones the first; (N, G, M)."""
    values, order = best(-cost, most)
    end = count[..., None] - 1
    edge, at = tf.gather(-values, end, batch_dims=2), tf.gather(order, end, batch_dims=2)
    found: tf.Tensor = (cost < edge) | ((cost == edge) & (tf.range(cost.shape[-1], dtype=tf.int64) <= at))
    return found


def _distances(raw: tf.Tensor, boxes: tf.Tensor, places: Grid) -> tf.Tensor:
    """How far the raw numbers (N, M, 4) lie from those of the boxes that are asked for."""
    cell, stride = constant(places.cell, raw), constant(places.stride, raw)
    size = centres(boxes) / stride
    target = tf.concat([size[..., :2] - cell, tf.math.log(size[..., 2:] + 1e-8)], -1)
    return tf.abs(raw[..., :4] - target)
