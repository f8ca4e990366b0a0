"""Cross mini-batch normalisation in TensorFlow; see `common.training.cross_norm`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...common.training.cross_norm import EPS, NOTHING, RATE, Seen
from ...common.training.regular import require_channels


def cross_norm(
    x: tf.Tensor, scale: tf.Tensor, shift: tf.Tensor, seen: Seen = NOTHING, eps: float = EPS
) -> tuple[tf.Tensor, Seen]:
    """A mini-batch (n, H, W, C), normalised with scale and shift (C,), and what has been seen with it."""
    require_channels(x.shape, scale.shape, shift.shape, 3)
    count = tf.cast(tf.size(x) // tf.shape(x)[3], x.dtype)
    mean = tf.reduce_mean(x, (0, 1, 2))
    square = tf.reduce_sum(x * x, (0, 1, 2)) / (count - 1)
    square = tf.where(square > mean * mean, square, mean * mean)
    after = Seen(seen.number + 1, *(_joined(seen, *pair) for pair in ((seen.mean, mean), (seen.square, square))))
    factor = scale / tf.sqrt(variance(after) + eps)
    y = (x - after.mean) * factor + shift
    return y, Seen(after.number, tf.stop_gradient(after.mean), tf.stop_gradient(after.square))


def variance(seen: Seen) -> tf.Tensor:
    """The variance (C,) that the last mini-batch was normalised with."""
    found = seen.square - seen.mean * seen.mean
    return tf.where(found > 0, found, tf.zeros_like(found))


def averaged(running: tf.Tensor, value: tf.Tensor, rate: float = RATE) -> tf.Tensor:
    """Running statistics after a mini-batch."""
    return running * (1 - rate) + value * rate


def _joined(seen: Seen, before: Any, value: tf.Tensor) -> tf.Tensor:
    """The mean over the mini-batches before, which are constant, and this one."""
    share = 1 / (seen.number + 1)
    return value * share + before * (1 - share)
