"""How EfficientDet and RetinaNet learn, in TensorFlow; see `common.detection.bands`."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ...common.detection.detector import Detector
from ...common.detection.grid import Grid, grid
from ...common.detection.learning import Bands, Terms
from .boxes import centres, iou
from .candidates import take
from .terms import constant, first, flattened, focal, huber, kept, one_hot


def loss(cells: Sequence[tf.Tensor], labels: tf.Tensor, detector: Detector, rule: Bands) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    places = grid([part.shape[1:3] for part in cells], detector.levels)
    raw = flattened(cells)
    owner = assigned(labels, places, rule)
    taken = owner >= 0
    own = take(labels, kept(taken, owner))
    wanted = kept(taken[..., None], one_hot(own[..., 0], raw.shape[-1] - 4))
    classes = focal(raw[..., 4:], wanted, rule.alpha, rule.gamma, rule.smoothing)
    classes = kept((owner != -2)[..., None], classes)
    target = coded(own[..., 1:], taken, places, rule.eps)
    errors = kept(taken[..., None], raw[..., :4] - target)
    near = kept(target != 0, huber(errors, rule.delta)) / 4
    boxes = near if rule.overlap == "huber" else tf.abs(errors)
    number = tf.reduce_sum(tf.cast(taken, raw.dtype), 1)
    if rule.normaliser == "batch":
        share = 1 / (tf.reduce_sum(number) + 1)
    else:
        number = tf.where(number > 0, number, tf.ones_like(number))[:, None, None]
        share = 1 / number / tf.reduce_sum(tf.ones_like(number))
    parts = rule.box * tf.reduce_sum(boxes * share), tf.reduce_sum(classes * share)
    nothing = tf.zeros_like(parts[0])
    return Terms(parts[0] + parts[1], parts[0], nothing, parts[1], nothing)


def assigned(labels: tf.Tensor, places: Grid, rule: Bands) -> tf.Tensor:
    """Which label each anchor answers for, (N, M): -1 for none, and -2 where it is left out."""
    there = labels[..., :1] >= 0
    overlaps = iou(labels[:, :, None, 1:], constant(places.boxes, labels), 0.0)
    overlaps = tf.where(there, overlaps, tf.fill(tf.shape(overlaps), tf.constant(-1, overlaps.dtype)))
    most = tf.reduce_max(overlaps, 1)
    own = first(overlaps == most[:, None], 1)
    none, left = tf.fill(tf.shape(own), tf.constant(-1, own.dtype)), tf.fill(tf.shape(own), tf.constant(-2, own.dtype))
    owner = tf.where(most >= rule.positive, own, tf.where(most < rule.negative, none, left))
    equal = overlaps == tf.reduce_max(overlaps, 2)[..., None]
    if rule.forced == "anchor":
        return tf.where(tf.reduce_any(equal & there, 1), own, owner)
    asked = there & (first(equal, 2)[..., None] == tf.range(overlaps.shape[2], dtype=tf.int64))
    return tf.where(tf.reduce_any(asked, 1), first(asked, 1), owner)


def coded(boxes: tf.Tensor, taken: tf.Tensor, places: Grid, eps: float) -> tf.Tensor:
    """Boxes (N, M, 4) as the numbers that the network is to answer with at their anchors; 0 of places not taken."""
    anchors = constant(places.boxes, boxes)
    ours, theirs = centres(tf.where(taken[..., None], boxes, anchors)), centres(anchors)
    size = theirs[..., 2:] + eps
    where = (ours[..., :2] - theirs[..., :2]) / size
    return tf.concat([where, tf.math.log((ours[..., 2:] + eps) / size)], -1)
