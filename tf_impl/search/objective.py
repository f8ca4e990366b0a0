"""The loss of FBNet's search in TensorFlow; see `common.search.objective`."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf


def shares(theta: tf.Tensor, gumbel: tf.Tensor, temperature: tf.Tensor) -> tf.Tensor:
    """The share of each candidate of a layer: softmax((theta + gumbel) / temperature)."""
    return tf.nn.softmax((theta + gumbel) / temperature, axis=-1)


def latency(
    thetas: Sequence[tf.Tensor],
    draws: Sequence[tf.Tensor],
    temperature: tf.Tensor,
    costs: Sequence[tf.Tensor],
    fixed: tf.Tensor,
) -> tf.Tensor:
    """What the mixed network costs: the fixed part, and over all layers the shares times the costs of the candidates.

    The unit is that of the costs; `value` takes a number above 1.
    """
    found = fixed
    for theta, draw, cost in zip(thetas, draws, costs, strict=True):
        found = found + tf.reduce_sum(shares(theta, draw, temperature) * cost)
    return found


def value(cross_entropy: tf.Tensor, latency: tf.Tensor, alpha: tf.Tensor, beta: tf.Tensor) -> tf.Tensor:
    """The loss: cross_entropy * alpha * ln(latency)**beta."""
    return cross_entropy * alpha * tf.math.log(latency) ** beta
