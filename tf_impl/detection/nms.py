"""Non-maximum suppression of TensorFlow's boxes; see `common.detection.nms`."""

from __future__ import annotations

import math

import tensorflow as tf

from ...common.detection.candidates import NEVER
from ...common.detection.checks import require_boxes
from ...common.detection.detector import Found
from ...common.detection.limits import require_limits
from .boxes import diou
from .boxes import iou as iou_of
from .candidates import candidates, take
from .soft_nms import soft_nms

BLOCK, BLOCKS = 128, 8
"""The fewest candidates of a block, and the most blocks: a compiled graph has a loop for each."""


def nms(
    boxes: tf.Tensor,
    scores: tf.Tensor,
    *,
    iou: float = 0.45,
    score: float = 0.25,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    power: float | None = None,
    per_class: bool = True,
    best_only: bool = False,
    sigma: float | None = None,
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's form of DIoU. Without `per_class` boxes suppress those of other classes too;
    with `best_only` each has its best class alone. Pairs are looked at block by block. With a
    `sigma` this is `soft_nms`.
    """
    if sigma is not None:
        return soft_nms(
            boxes,
            scores,
            sigma=sigma,
            score=score,
            max_candidates=max_candidates,
            max_boxes=max_boxes,
            per_class=per_class,
            best_only=best_only,
        )
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = candidates(scores, score, max_candidates, max_boxes, best_only)
    corners = take(tf.pad(boxes, ((0, 0), (0, 1), (0, 0))), places)
    groups = classes if per_class else tf.zeros_like(classes)
    left = _greedy(corners, groups, best > NEVER, iou, power)
    return _first(left, Found(corners, best, classes, places, tf.reduce_sum(tf.cast(left, tf.int64), 1)), max_boxes)


def _greedy(boxes: tf.Tensor, groups: tf.Tensor, able: tf.Tensor, iou: float, power: float | None) -> tf.Tensor:
    """Those of the candidates, best first, that none before them which is left suppresses: block after block."""
    left, settled = able, []
    size = max(BLOCK, math.ceil(boxes.shape[1] / BLOCKS))
    for start in range(0, boxes.shape[1], size):
        hits = _hits(boxes[:, start:], groups[:, start:], size, iou, power)
        own = _settled(hits[:, :, :size], left[:, :size])
        left = left[:, size:] & ~tf.reduce_any(hits[:, :, size:] & own[:, :, None], 1)
        settled.append(own)
    return tf.concat(settled, 1)


def _hits(boxes: tf.Tensor, groups: tf.Tensor, size: int, iou: float, power: float | None) -> tf.Tensor:
    """Which of the first candidates (N, size, 1) suppresses which of all (N, 1, K), if it is left itself."""
    first, second = boxes[:, :size, None], boxes[:, None]
    overlap = iou_of(first, second, 0.0) if power is None else diou(first, second, 0.0, power)
    number = tf.range(boxes.shape[1])
    behind = number[:size, None] < number
    return (overlap > iou) & behind & (groups[:, :size, None] == groups[:, None])


def _settled(hits: tf.Tensor, able: tf.Tensor) -> tf.Tensor:
    """Those that none before them which is left suppresses, for all at once until nothing changes.

    After n rounds the first n are final, so that K suffice; chains of suppression are short and so are the rounds.
    """

    def changes(left: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(left != before)

    def again(left: tf.Tensor, before: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return able & ~tf.reduce_any(hits & left[:, :, None], 1), left

    return tf.while_loop(changes, again, (able, ~able))[0]


def _first(left: tf.Tensor, found: Found, most: int) -> Found:
    """The first candidates that are left, and padding."""
    order = tf.argsort(tf.cast(~left, tf.int32), 1, stable=True)[:, :most]
    count = tf.minimum(found.count, most)
    shown = tf.range(most, dtype=tf.int64) < count[:, None]
    boxes, scores, *whole = (take(part, order) for part in found[:4])
    boxes, scores = (tf.where(mask, x, 0) for mask, x in ((shown[..., None], boxes), (shown, scores)))
    classes, places = (tf.where(shown, part, -1) for part in whole)
    return Found(boxes, scores, classes, places, count)
