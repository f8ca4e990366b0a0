"""What the losses of detectors are made of, in TensorFlow; see `common.detection.terms`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import tensorflow as tf

from ...common.detection.learning import Overlap
from ...common.spec import Array
from .boxes import ciou, diou, giou, iou


def flattened(cells: Sequence[tf.Tensor]) -> tf.Tensor:
    """The cells (N, H, W, A, K) of all levels as (N, M, K), in the order level, row, column, anchor."""
    return tf.concat([tf.reshape(part, (-1, math.prod(part.shape[1:4]), part.shape[-1])) for part in cells], 1)


def constant(values: Array, like: tf.Tensor) -> tf.Tensor:
    """Numbers of a detector as a tensor of the dtype of another."""
    return tf.constant(values, like.dtype)


def detached(x: tf.Tensor) -> tf.Tensor:
    """Numbers through which no gradient passes."""
    return tf.stop_gradient(x)


def kept(wanted: tf.Tensor, x: tf.Tensor) -> tf.Tensor:
    """The numbers that are wanted, 0 in place of the others, NaN too."""
    return tf.where(wanted, x, tf.zeros_like(x))


def log_sigmoid(x: tf.Tensor) -> tf.Tensor:
    """The logarithm of a sigmoid."""
    return tf.math.log_sigmoid(x)


def cross_entropy(logits: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of every logit with its target from 0 to 1."""
    return -targets * log_sigmoid(logits) - (1 - targets) * log_sigmoid(-logits)


def focal(logits: tf.Tensor, targets: tf.Tensor, alpha: float, gamma: float, smoothing: float) -> tf.Tensor:
    """Focal loss of every logit: cross-entropy times `(1 - p)**gamma`, and alpha for 1 or 1 - alpha for 0.

    p is the probability of the target, which is 0 or 1. The smoothing a of the cross-entropy makes y (1 - a) + a / 2 of
    a target y, and leaves the two factors as they are.
    """
    factor = targets * alpha + (1 - targets) * (1 - alpha)
    # A power of 0 has no gradient in one framework and NaN in the other.
    modulator = tf.exp(gamma * (targets * log_sigmoid(-logits) + (1 - targets) * log_sigmoid(logits)))
    return factor * modulator * cross_entropy(logits, targets * (1 - smoothing) + smoothing / 2)


def huber(errors: tf.Tensor, delta: float) -> tf.Tensor:
    """Half of the square of each error up to delta, then delta times the error less half of delta."""
    size = tf.abs(errors)
    return tf.where(size <= delta, errors * errors / 2, delta * (size - delta / 2))


def one_hot(classes: tf.Tensor, count: int) -> tf.Tensor:
    """Class numbers (...), as numbers of any dtype, as (..., count) of that dtype: nothing but 0 of class -1."""
    return tf.cast(classes[..., None] == tf.range(count, dtype=classes.dtype), classes.dtype)


def first(found: tf.Tensor, axis: int) -> tf.Tensor:
    """The place of the first that is true along an axis; 0 where none is."""
    size = found.shape[axis]
    index = tf.reshape(
        tf.range(size, dtype=tf.int64), [size if place == axis else 1 for place in range(found.shape.rank)]
    )
    return tf.reduce_min(tf.where(found, index, tf.constant(size, tf.int64)), axis) % size


def best(x: tf.Tensor, most: int) -> tuple[tf.Tensor, tf.Tensor]:
    """The largest values along the last axis and their places, largest first, of equal ones the lower place first."""
    values, order = tf.math.top_k(x, min(most, x.shape[-1]))
    return values, tf.cast(order, tf.int64)


def last(places: tf.Tensor, wanted: tf.Tensor, count: int) -> tf.Tensor:
    """Which of the rows (N, R) that are wanted is the last one at each of `count` places, (N, count); -1 where none is.

    `places` (N, R) are from 0 to count - 1; those of other rows do not matter.
    """
    places = kept(wanted, places)
    number = tf.where(wanted, tf.range(places.shape[1], dtype=tf.int64), tf.constant(-1, tf.int64))
    batch = tf.shape(places, tf.int64)[0]
    own = tf.cast(places, tf.int64) + tf.range(batch)[:, None] * count
    found = tf.math.unsorted_segment_max(tf.reshape(number, (-1,)), tf.reshape(own, (-1,)), batch * count)
    return tf.reshape(tf.maximum(found, tf.constant(-1, tf.int64)), (-1, count))


def overlap_of(
    name: Overlap, first: tf.Tensor, second: tf.Tensor, eps: float, alpha_eps: float | None = None
) -> tf.Tensor:
    """The overlap of a name, of boxes as corners; `alpha_eps` is of "ciou" alone."""
    if name == "ciou":
        return ciou(first, second, eps, alpha_eps)
    return {"iou": iou, "giou": giou, "diou": diou}[name](first, second, eps)
