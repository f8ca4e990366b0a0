"""Self-adversarial training in TensorFlow; see `common.training.adversarial`."""

from __future__ import annotations

import tensorflow as tf

from ...common.training.adversarial import THRESHOLD
from ...common.training.regular import require_logits


def absent(objects: tf.Tensor, classes: tf.Tensor, sizes: tf.Tensor, threshold: float = THRESHOLD) -> tf.Tensor:
    """How far the boxes, logits and sizes, are from nothing at all: a scalar."""
    require_logits(objects.shape, classes.shape, sizes.shape)
    weight = tf.stop_gradient(tf.sqrt(sizes[..., 0] * sizes[..., 1]))
    score = tf.sigmoid(objects)[..., None] * tf.sigmoid(classes)
    counted = tf.where(score > threshold, -tf.math.log_sigmoid(-classes), tf.zeros_like(classes))
    return tf.reduce_sum(weight * (tf.reduce_sum(counted, -1) - tf.math.log_sigmoid(-objects)))


def attacked(images: tf.Tensor, gradient: tf.Tensor, rate: float) -> tf.Tensor:
    """The pictures, from 0 to 1, moved down a gradient and cut to 0 to 1."""
    moved = images - rate * gradient
    return tf.clip_by_value(moved, 0, 1)
