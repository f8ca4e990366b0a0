"""DropBlock and stochastic depth in TensorFlow; see `common.training.drop_block`."""

from __future__ import annotations

import tensorflow as tf

from ...common.training.drop_block import Over
from ...common.training.regular import require_rate, require_seeds


def drop_block(x: tf.Tensor, seeds: tf.Tensor, block: int, over: Over = "batch", eps: float = 1e-6) -> tf.Tensor:
    """Maps (N, H, W, C) without the blocks of seeds (N, H - b + 1, W - b + 1, C); where all is dropped, 0."""
    require_seeds(x.shape, seeds.shape, (3, 1, 2), block)
    edge = (block - 1, block - 1)
    around = tf.pad(tf.cast(seeds, x.dtype), ((0, 0), edge, edge, (0, 0)))
    left = 1 - tf.nn.max_pool2d(around, block, 1, "VALID")
    total = tf.reduce_sum(left) if over == "batch" else tf.reduce_sum(left, (1, 2, 3), keepdims=True)
    whole = tf.cast(tf.size(left) if over == "batch" else tf.size(left[0]), x.dtype)
    none, one = tf.zeros_like(total), tf.ones_like(total)
    scale = tf.where(total == 0, none, whole / tf.where(total == 0, one, total + eps))
    return x * (left * scale)


def drop_path(x: tf.Tensor, keep: tf.Tensor, rate: float) -> tf.Tensor:
    """A branch (N, ...) for the images that `keep` it, (N,) of 1 or 0, over 1 - rate; 0 for the others."""
    require_rate(x.shape, keep.shape, rate)
    return x * tf.reshape(tf.cast(keep, x.dtype) / (1 - rate), (-1, *(1 for _ in x.shape[1:])))
