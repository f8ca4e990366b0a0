"""How YOLOv5 learns, in TensorFlow; see `common.detection.ratio`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from ...common.detection.checks import require_balance
from ...common.detection.detector import Detector, Level
from ...common.detection.learning import Ratio, Terms
from .boxes import centres
from .candidates import take
from .decode import decode_level
from .terms import constant, cross_entropy, detached, flattened, kept, last, one_hot, overlap_of

SHIFTS = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (-0.5, 0.0), (0.0, -0.5))
"""What is taken from a centre (x, y), in cells, for its own cell, the left, the upper, the right and the lower one."""


def loss(cells: Sequence[tf.Tensor], labels: tf.Tensor, detector: Detector, rule: Ratio) -> Terms:
    """The loss of the cells of `joined` and labels (N, G, 5)."""
    require_balance(rule, detector)
    images = tf.reduce_sum(tf.ones_like(labels[:, 0, 0]))
    gain = 3 / len(cells) * images
    size = max(side * detector.levels[0].stride for side in cells[0].shape[1:3])
    count = cells[0].shape[-1] - 5
    found = [
        _of_level(part, labels, level, balance, detector, rule)
        for part, level, balance in zip(cells, detector.levels, rule.balance, strict=True)
    ]
    boxes, objects, classes = (sum(parts) for parts in zip(*found, strict=True))
    parts = (
        rule.box * gain * boxes,
        rule.object * (size / 640) ** 2 * gain * objects,
        rule.classes * (count / 80) * gain * classes,
    )
    return Terms(sum(parts), *parts, tf.zeros_like(parts[0]))


def _of_level(
    part: tf.Tensor, labels: tf.Tensor, level: Level, balance: float, detector: Detector, rule: Ratio
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The terms of a level: of boxes, of objects with its balance, of classes."""
    raw = flattened([part])
    boxes = flattened([decode_level(part, level, detector.rule)[0]]) / level.stride
    where, wanted = assigned(labels, part.shape[1:3], level, rule)
    own = tf.tile(labels, (1, len(SHIFTS) * len(level.anchors), 1))
    target = own[..., 1:] / level.stride
    number = tf.reduce_sum(tf.cast(wanted, raw.dtype))
    share = 1 / tf.where(number > 0, number, tf.ones_like(number))
    overlaps = overlap_of(rule.overlap, tf.where(wanted[..., None], take(boxes, where), target), target, rule.eps)
    fitted = share * tf.reduce_sum(kept(wanted, 1 - overlaps))
    winner = last(where, wanted, raw.shape[1])
    there = winner >= 0
    reached = detached(kept(overlaps > 0, overlaps))
    objects = kept(there, (1 - rule.gain) + rule.gain * take(reached, kept(there, winner)))
    classes = cross_entropy(take(raw[..., 5:], where), one_hot(own[..., 0], raw.shape[-1] - 5))
    of_class = tf.reduce_sum(kept(wanted[..., None], classes)) * share / (raw.shape[-1] - 5)
    sure: tf.Tensor = tf.reduce_mean(cross_entropy(raw[..., 4], objects))
    return fitted, balance * sure, of_class


def assigned(labels: tf.Tensor, shape: Sequence[int], level: Level, rule: Ratio) -> tuple[tf.Tensor, tf.Tensor]:
    """The places (N, R) in the flattened map of (height, width), and which rows are wanted, (N, R).

    The rows are in the order cell (own, left, up, right, down), anchor, label.
    """
    height, width = shape[0], shape[1]
    anchors = len(level.anchors)
    own = centres(labels[..., 1:]) / level.stride
    x, y, w, h = tf.unstack(own, axis=-1)
    near = [
        labels[..., 0] >= 0,
        (x % 1 < 0.5) & (x > 1),
        (y % 1 < 0.5) & (y > 1),
        ((width - x) % 1 < 0.5) & (width - x > 1),
        ((height - y) % 1 < 0.5) & (height - y > 1),
    ]
    across, down = tf.unstack(constant(np.array(level.anchors) / level.stride, labels)[:, :, None], axis=1)
    w, h = w[:, None], h[:, None]
    alike = (w < rule.ratio * across) & (across < rule.ratio * w) & (h < rule.ratio * down) & (down < rule.ratio * h)
    alike = alike & near[0][:, None]
    cell = tf.stack([_cell(y - dy, height) * width + _cell(x - dx, width) for dx, dy in SHIFTS], 1)
    where = cell[:, :, None] * anchors + tf.range(anchors, dtype=tf.int64)[:, None]
    wanted = tf.stack(near, 1)[:, :, None] & alike[:, None]
    rows = (-1, len(SHIFTS) * anchors * labels.shape[1])
    return tf.reshape(where, rows), tf.reshape(wanted, rows)


def _cell(position: tf.Tensor, count: int) -> tf.Tensor:
    """The number of the cell that a position lies in, cut at the border of the map."""
    found = tf.cast(position, tf.int64)
    found = tf.where(found < 0, tf.zeros_like(found), found)
    return tf.where(found > count - 1, tf.fill(tf.shape(found), tf.constant(count - 1, found.dtype)), found)
