"""Non-maximum suppression of TensorFlow's boxes; see `common.detection.nms`."""

from __future__ import annotations

import tensorflow as tf

from ...common.detection.checks import require_boxes, require_limits
from ...common.detection.detector import Found
from .boxes import diou
from .boxes import iou as iou_of

NEVER = -float("inf")


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
) -> Found:
    """What is left of boxes (N, M, 4), corners, with scores (N, M, classes): best first, (N, max_boxes) and a count.

    With a `power` the overlap is Darknet's form of DIoU. Without `per_class` boxes suppress those of other classes too;
    with `best_only` each has its best class alone. All pairs of an image's candidates are in memory at once.
    """
    require_boxes(boxes.shape, scores.shape)
    require_limits(iou, score, max_candidates, max_boxes)
    best, places, classes = _candidates(_wanted(scores, score, best_only), max_candidates, max_boxes)
    corners = _take(tf.pad(boxes, ((0, 0), (0, 1), (0, 0))), places)
    groups = classes if per_class else tf.zeros_like(classes)
    left = _greedy(_hits(corners, groups, iou, power), best > NEVER)
    return _first(left, Found(corners, best, classes, places, tf.reduce_sum(tf.cast(left, tf.int64), 1)), max_boxes)


def _wanted(scores: tf.Tensor, score: float, best_only: bool) -> tf.Tensor:
    """The scores, minus infinity where they are no candidates."""
    never = tf.fill(tf.shape(scores), tf.constant(NEVER, scores.dtype))
    scores = tf.where(scores > score, scores, never)
    if best_only:
        # tf.argmax does not say which of several equal values it takes.
        number = tf.range(scores.shape[2])
        equal = scores == tf.reduce_max(scores, 2, keepdims=True)
        best = tf.reduce_min(tf.where(equal, number, scores.shape[2]), 2, keepdims=True)
        scores = tf.where(number == best, scores, never)
    return scores


def _candidates(scores: tf.Tensor, most: int, least: int) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The best scores (N, K), their boxes and their classes, in order; box M stands where there is none."""
    number, classes = scores.shape[1:]
    flat = tf.reshape(scores, (tf.shape(scores)[0], number * classes))
    flat = tf.pad(flat, ((0, 0), (0, max(least - number * classes, 0))), constant_values=tf.constant(NEVER, flat.dtype))
    best, order = _top(flat, min(most, flat.shape[1]))
    return best, tf.where(best > NEVER, order // classes, number), order % classes


def _top(flat: tf.Tensor, most: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The largest values and their places, the lower place first where equal, as TensorFlow promises."""
    best, places = tf.math.top_k(flat, most)
    return best, tf.cast(places, tf.int64)


def _hits(boxes: tf.Tensor, groups: tf.Tensor, iou: float, power: float | None) -> tf.Tensor:
    """Which candidate (N, K, 1) suppresses which (N, 1, K), if it is left itself."""
    first, second = boxes[:, :, None], boxes[:, None]
    overlap = iou_of(first, second, 0.0) if power is None else diou(first, second, 0.0, power)
    number = tf.range(boxes.shape[1])
    behind = number[:, None] < number
    return (overlap > iou) & behind & (groups[:, :, None] == groups[:, None])


def _greedy(hits: tf.Tensor, candidates: tf.Tensor) -> tf.Tensor:
    """Those that none before them which is left suppresses, for all at once until nothing changes.

    After n rounds the first n are final, so that K suffice; chains of suppression are short and so are the rounds.
    """

    def changes(left: tf.Tensor, before: tf.Tensor) -> tf.Tensor:
        return tf.reduce_any(left != before)

    def again(left: tf.Tensor, before: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return candidates & ~tf.reduce_any(hits & left[:, :, None], 1), left

    return tf.while_loop(changes, again, (candidates, ~candidates))[0]


def _first(left: tf.Tensor, found: Found, most: int) -> Found:
    """The first candidates that are left, and padding."""
    order = tf.argsort(tf.cast(~left, tf.int32), 1, stable=True)[:, :most]
    count = tf.minimum(found.count, most)
    shown = tf.range(most, dtype=tf.int64) < count[:, None]
    boxes, scores, *whole = (_take(part, order) for part in found[:4])
    boxes, scores = (tf.where(mask, x, 0) for mask, x in ((shown[..., None], boxes), (shown, scores)))
    classes, places = (tf.where(shown, part, -1) for part in whole)
    return Found(boxes, scores, classes, places, count)


def _take(x: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """x (N, M, ...) at the places (N, K) of each image."""
    return tf.gather(x, places, batch_dims=1)
