"""From a detector's raw maps of TensorFlow to boxes and scores; see `common.detection.decode`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from ...common.detection.checks import require_cells, require_levels
from ...common.detection.detector import Detector, Level, Rule


def cells(raw: tf.Tensor, anchors: int) -> tf.Tensor:
    """A raw map (N, H, W, anchors (5 + classes)) as (N, H, W, anchors, 5 + classes); raises DiptychError for others."""
    require_cells(raw.shape, 3, anchors)
    _, height, width, channels = raw.shape
    return tf.reshape(raw, (-1, height, width, anchors, channels // anchors))


def decode(maps: Sequence[tf.Tensor], detector: Detector) -> tuple[tf.Tensor, tf.Tensor]:
    """Boxes (N, M, 4) as corners in pixels of the network's input, and the scores (N, M, classes) of the raw maps.

    The order of the M boxes: level, row, column, anchor; or level, anchor, row, column of `anchors_first`.
    """
    require_levels(maps, detector)
    found = [
        _flat(*decode_level(cells(raw, len(level.anchors)), level, detector.rule), detector.anchors_first)
        for raw, level in zip(maps, detector.levels, strict=True)
    ]
    boxes, scores = zip(*found, strict=True)
    return tf.concat(boxes, 1), tf.concat(scores, 1)


def decode_level(parts: tf.Tensor, level: Level, rule: Rule) -> tuple[tf.Tensor, tf.Tensor]:
    """Boxes (N, H, W, A, 4), corners in pixels, and scores (N, H, W, A, classes) of cells (N, H, W, A, 5 + classes)."""
    cell = _places(parts)
    anchors = tf.constant(level.anchors, parts.dtype)
    xy, wh = parts[..., :2], parts[..., 2:4]
    if rule == "yolov3":
        xy, wh = level.scale * tf.sigmoid(xy) - (level.scale - 1) / 2, tf.exp(wh) * anchors
    elif rule == "yolov5":
        xy, wh = 2 * tf.sigmoid(xy) - 0.5, (2 * tf.sigmoid(wh)) ** 2 * anchors
    else:
        wh = tf.exp(wh) * level.stride
    centre, half = (xy + cell) * level.stride, wh / 2
    boxes = tf.concat([centre - half, centre + half], -1)
    return boxes, tf.sigmoid(parts[..., 4:5]) * tf.sigmoid(parts[..., 5:])


def _places(parts: tf.Tensor) -> tf.Tensor:
    """The (column, row) of each cell, as (H, W, 1, 2)."""
    height, width = parts.shape[1:3]
    columns, rows = tf.meshgrid(tf.range(width), tf.range(height), indexing="xy")
    return tf.cast(tf.stack([columns, rows], -1)[:, :, None], parts.dtype)


def _flat(boxes: tf.Tensor, scores: tf.Tensor, anchors_first: bool) -> tuple[tf.Tensor, tf.Tensor]:
    """Both with one axis for rows, columns and anchors, in that order or with the anchors first."""
    if anchors_first:
        boxes, scores = tf.transpose(boxes, (0, 3, 1, 2, 4)), tf.transpose(scores, (0, 3, 1, 2, 4))
    number = math.prod(boxes.shape[1:4])
    return tf.reshape(boxes, (-1, number, 4)), tf.reshape(scores, (-1, number, scores.shape[-1]))
