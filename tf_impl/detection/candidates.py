"""Which boxes and classes of TensorFlow come to suppression; see `common.detection.candidates`."""

from __future__ import annotations

import tensorflow as tf

from ...common.detection.candidates import NEVER


def candidates(
    scores: tf.Tensor, score: float, most: int, least: int, best_only: bool
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """The best scores (N, K), their boxes and their classes, in order; box M stands where there is none.

    They are those of the K boxes whose best scores are the best: before any of their scores stands one of each box
    before it. So all scores of a few boxes are put in order, not those of all.
    """
    scores = _wanted(scores, score)
    number, classes = scores.shape[1:]
    rows = tf.sort(_top(tf.reduce_max(scores, 2), min(most, number))[1], 1)
    own = take(scores, rows)
    flat = tf.reshape(_best(own) if best_only else own, (tf.shape(own)[0], own.shape[1] * classes))
    padding = ((0, 0), (0, max(least - flat.shape[1], 0)))
    flat = tf.pad(flat, padding, constant_values=tf.constant(NEVER, flat.dtype))
    best, order = _top(flat, min(most, flat.shape[1]))
    rows = tf.pad(rows, ((0, 0), (0, 1)), constant_values=number)
    places = take(rows, tf.where(best > NEVER, order // classes, own.shape[1]))
    return best, places, order % classes


def take(x: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """x (N, M, ...) at the places (N, K) of each image."""
    return tf.gather(x, places, batch_dims=1)


def _wanted(scores: tf.Tensor, score: float) -> tf.Tensor:
    """The scores, minus infinity where they are no candidates."""
    return tf.where(scores > score, scores, tf.constant(NEVER, scores.dtype))


def _best(scores: tf.Tensor) -> tf.Tensor:
    """The scores of each box's best class, the first of equal ones, minus infinity elsewhere."""
    # tf.argmax does not say which of several equal values it takes.
    number = tf.range(scores.shape[2])
    equal = scores == tf.reduce_max(scores, 2, keepdims=True)
    best = tf.reduce_min(tf.where(equal, number, scores.shape[2]), 2, keepdims=True)
    return tf.where(number == best, scores, tf.constant(NEVER, scores.dtype))


def _top(flat: tf.Tensor, most: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The largest values and their places, the lower place first where equal, as TensorFlow promises."""
    best, places = tf.math.top_k(flat, most)
    return best, tf.cast(places, tf.int64)
