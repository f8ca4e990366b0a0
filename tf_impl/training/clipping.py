"""Clipping of gradients in TensorFlow; see `common.training.clipping`."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf

from ...common.training.clipping import Clip


def clipped(clip: Clip, gradients: Sequence[tf.Tensor]) -> list[tf.Tensor]:
    """The gradients as they are after clipping."""
    if clip.over == "value":
        return [tf.clip_by_value(g, -clip.most, clip.most) for g in gradients]
    if clip.over == "each":
        return [_scaled(clip, g, tf.norm(g)) for g in gradients]
    norm = tf.sqrt(tf.add_n([tf.reduce_sum(g**2) for g in gradients]))
    return [_scaled(clip, g, norm) for g in gradients]


def _scaled(clip: Clip, gradient: tf.Tensor, norm: tf.Tensor) -> tf.Tensor:
    return gradient * tf.minimum(
        tf.ones_like(norm),
        tf.math.divide_no_nan(tf.constant(clip.most, norm.dtype), norm + clip.eps)
        + tf.cast(norm + clip.eps == 0, norm.dtype),
    )
