"""Soft non-maximum suppression of TensorFlow's boxes; see `common.detection.soft_nms`."""

from __future__ import annotations

import tensorflow as tf

from ...common.detection.candidates import NEVER
from ...common.detection.checks import require_boxes
from ...common.detection.detector import Found
from ...common.detection.limits import require_limits
from .boxes import iou as iou_of
from .candidates import candidates, take


def soft_nms(
    boxes: tf.Tensor,
    scores: tf.Tensor,
    *,
    sigma: float = 0.5,
    score: float = 0.001,
    max_candidates: int = 1000,
    max_boxes: int = 100,
    per_class: bool = True,
    best_only: bool = False,
) -> Found:
    """What is taken of boxes (N, M, 4), corners, with scores (N, M, classes): (N, max_boxes) and a count, in order.

    The scores are those with which the boxes were taken. Without `per_class` boxes take score from those of other
    classes too; with `best_only` each has its best class alone.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(0.0, score, max_candidates, max_boxes, sigma)
    classes = scores.shape[2]
    running, places, groups = candidates(scores, score, max_candidates, max_boxes, best_only)
    order = tf.argsort(places * classes + groups, 1)
    running, places, groups = take(running, order), take(places, order), take(groups, order)
    corners = take(tf.pad(boxes, ((0, 0), (0, 1), (0, 0))), places)
    rivals = groups if per_class else tf.zeros_like(groups)
    best, chosen = _taken(corners, rivals, running, max_boxes, sigma, score)
    shown = best > NEVER
    kept, found = (tf.where(x, y, 0) for x, y in ((shown[..., None], take(corners, chosen)), (shown, best)))
    groups, places = (tf.where(shown, take(part, chosen), -1) for part in (groups, places))
    return Found(kept, found, groups, places, tf.reduce_sum(tf.cast(shown, tf.int64), 1))


def _taken(
    boxes: tf.Tensor, groups: tf.Tensor, scores: tf.Tensor, most: int, sigma: float, least: float
) -> tuple[tf.Tensor, tf.Tensor]:
    """The scores (N, most) with which candidates (N, K) are taken, minus infinity where none is left, and which."""
    number = tf.range(boxes.shape[1], dtype=tf.int64)
    turns = tf.range(most)
    never = tf.constant(NEVER, scores.dtype)

    def more(turn: tf.Tensor, *_: tf.Tensor) -> tf.Tensor:
        return turn < most

    def again(turn: tf.Tensor, running: tf.Tensor, best: tf.Tensor, chosen: tf.Tensor) -> tuple[tf.Tensor, ...]:
        top = tf.reduce_max(running, 1, keepdims=True)
        at = tf.reduce_min(tf.where(running == top, number, len(number)), 1, keepdims=True)
        overlap = iou_of(take(boxes, at), boxes, 0.0)
        meets = (overlap > 0) & (groups == take(groups, at))
        running = running * tf.where(meets, tf.exp(-overlap * overlap / sigma), 1)
        running = tf.where((running > least) & (number != at), running, never)
        here = turns == turn
        return turn + 1, running, tf.where(here, top, best), tf.where(here, at, chosen)

    state = (tf.constant(0), scores, scores[:, :most], tf.zeros_like(groups[:, :most]))
    return tf.while_loop(more, again, state)[2:]
