"""From a detector's raw maps of TensorFlow to boxes and scores; see `common.detection.decode`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from ...common.detection.checks import require_cells, require_levels, require_one_input, require_pairs
from ...common.detection.detector import Detector, Level, Rule
from .boxes import swapped


def cells(raw: tf.Tensor, anchors: int, before: int = 5) -> tf.Tensor:
    """A raw map (N, H, W, anchors (before + classes)) as (N, H, W, anchors, before + classes).

    `before` is how many numbers an anchor has before its classes. Numbers of 16 bits become float32: the area of a box
    of 256 x 256 pixels is too large for float16. Raises DiptychError for a map of another shape.
    """
    require_cells(raw.shape, 3, anchors, before)
    _, height, width, channels = raw.shape
    raw = raw if raw.dtype == tf.float64 else tf.cast(raw, tf.float32)
    return tf.reshape(raw, (-1, height, width, anchors, channels // anchors))


def joined(maps: Sequence[tf.Tensor], detector: Detector) -> list[tf.Tensor]:
    """The cells of each level, (N, H, W, anchors, 5 + classes); of efficientdet (N, H, W, anchors, 4 + classes).

    Each begins with x, y, width, height. Raises DiptychError for maps that are not those of the detector.
    """
    require_levels(maps, detector)
    counts = [len(level.anchors) for level in detector.levels]
    if detector.rule != "efficientdet":
        found = [cells(raw, count) for raw, count in zip(maps, counts, strict=True)]
    else:
        classes = [cells(raw, count, 0) for raw, count in zip(maps[: len(counts)], counts, strict=True)]
        boxes = [cells(raw, count, 0) for raw, count in zip(maps[len(counts) :], counts, strict=True)]
        require_pairs([part.shape for part in classes], [part.shape for part in boxes])
        found = [tf.concat([swapped(box), one], -1) for box, one in zip(boxes, classes, strict=True)]
    require_one_input([part.shape for part in found], detector)
    return found


def decode(maps: Sequence[tf.Tensor], detector: Detector) -> tuple[tf.Tensor, tf.Tensor]:
    """Boxes (N, M, 4) as corners in pixels of the network's input, and the scores (N, M, classes) of the raw maps.

    The order of the M boxes: level, row, column, anchor; or level, anchor, row, column of `anchors_first`.
    """
    found = [
        _flat(*decode_level(parts, level, detector.rule), detector.anchors_first)
        for parts, level in zip(joined(maps, detector), detector.levels, strict=True)
    ]
    boxes, scores = zip(*found, strict=True)
    return tf.concat(boxes, 1), tf.concat(scores, 1)


def decode_level(parts: tf.Tensor, level: Level, rule: Rule) -> tuple[tf.Tensor, tf.Tensor]:
    """Boxes (N, H, W, A, 4), corners in pixels, and scores (N, H, W, A, classes) of the cells of `joined`."""
    cell = _places(parts)
    anchors = tf.constant(level.anchors, parts.dtype)
    xy, wh = parts[..., :2], parts[..., 2:4]
    if rule == "yolov3":
        xy, wh = level.scale * tf.sigmoid(xy) - (level.scale - 1) / 2, tf.exp(wh) * anchors
    elif rule == "yolov5":
        xy, wh = 2 * tf.sigmoid(xy) - 0.5, (2 * tf.sigmoid(wh)) ** 2 * anchors
    elif rule == "efficientdet":
        xy, wh = xy * anchors / level.stride + 0.5, tf.exp(wh) * anchors
    else:
        wh = tf.exp(wh) * level.stride
    centre, half = (xy + cell) * level.stride, wh / 2
    boxes = tf.concat([centre - half, centre + half], -1)
    if rule == "efficientdet":
        return boxes, tf.sigmoid(parts[..., 4:])
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
