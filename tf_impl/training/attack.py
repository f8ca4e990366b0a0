"""The first half of a step of self-adversarial training in TensorFlow: the pictures change, the network does not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from ...common.errors import DiptychError
from .adversarial import attacked


def attack(model: Any, images: tf.Tensor, loss: Callable[[Any], tf.Tensor], rate: float) -> tf.Tensor:
    """The pictures (N, H, W, C), from 0 to 1, moved down the gradient of `loss(outputs)`, as constants.

    The network is run with its moving statistics; they and its weights stay as they were. Raises DiptychError where the
    loss is not finite.
    """
    given = tf.stop_gradient(images)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(given)
        value = loss(model(given, training=False))
    if not bool(tf.math.is_finite(value)):
        raise DiptychError(f"the loss of an attack is {float(value)}, expected a finite number")
    return attacked(given, tape.gradient(value, given), rate)
