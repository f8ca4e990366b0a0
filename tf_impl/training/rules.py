"""What one update does to one weight, in TensorFlow; see `common.training.rules`.

The rate and the number of the step are tensors of the type of the weight, since `fit` compiles the step.
"""

from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from ...common.training.optimisers import LAMB, SGD, Adagrad, Adam, Optimiser, RMSprop

Slots = Mapping[str, tf.Tensor]


def sgd(
    rule: SGD, w: tf.Tensor, g: tf.Tensor, slots: Slots, rate: tf.Tensor, step: tf.Tensor, decay: float
) -> tuple[tf.Tensor, Slots]:
    """Gradient descent with momentum."""
    w, g = decayed(rule, w, g, rate, decay)
    if not rule.momentum:
        return w - rate * g, {}
    entering = -rate if rule.velocity == "inside" else tf.ones_like(rate)
    scale = tf.where(step == 1, tf.ones_like(rate), tf.ones_like(rate) * (1 - rule.dampening))
    velocity = rule.momentum * slots["velocity"] + scale * entering * g
    moved = rule.momentum * velocity + entering * g if rule.nesterov else velocity
    return (w + moved if rule.velocity == "inside" else w - rate * moved), {"velocity": velocity}


def adam(
    rule: Adam, w: tf.Tensor, g: tf.Tensor, slots: Slots, rate: tf.Tensor, step: tf.Tensor, decay: float
) -> tuple[tf.Tensor, Slots]:
    """Adam and AdamW."""
    w, g = decayed(rule, w, g, rate, decay)
    mean = rule.beta1 * slots["mean"] + (1 - rule.beta1) * g
    square = rule.beta2 * slots["square"] + (1 - rule.beta2) * g**2
    kept = {"mean": mean, "square": square}
    if rule.amsgrad:
        kept["largest"] = square = tf.maximum(slots["largest"], square)
    first, second = 1 - _power(rule.beta1, step), 1 - _power(rule.beta2, step)
    if rule.eps_at == "corrected":
        return w - rate * (mean / first) / (tf.sqrt(square / second) + rule.eps), kept
    return w - rate * tf.sqrt(second) / first * mean / (tf.sqrt(square) + rule.eps), kept


def rmsprop(
    rule: RMSprop, w: tf.Tensor, g: tf.Tensor, slots: Slots, rate: tf.Tensor, step: tf.Tensor, decay: float
) -> tuple[tf.Tensor, Slots]:
    """RMSprop, also TensorFlow 1's."""
    w, g = decayed(rule, w, g, rate, decay)
    kept = {"square": rule.rho * slots["square"] + (1 - rule.rho) * g**2}
    spread = kept["square"]
    if rule.centered:
        kept["mean"] = rule.rho * slots["mean"] + (1 - rule.rho) * g
        spread = spread - kept["mean"] ** 2
    scaled = g / (tf.sqrt(spread) + rule.eps if rule.eps_at == "outside" else tf.sqrt(spread + rule.eps))
    if not rule.momentum:
        return w - rate * scaled, kept
    entering = rate if rule.velocity == "inside" else 1.0
    kept["velocity"] = rule.momentum * slots["velocity"] + entering * scaled
    return w - (1.0 if rule.velocity == "inside" else rate) * kept["velocity"], kept


def adagrad(
    rule: Adagrad, w: tf.Tensor, g: tf.Tensor, slots: Slots, rate: tf.Tensor, step: tf.Tensor, decay: float
) -> tuple[tf.Tensor, Slots]:
    """Adagrad."""
    w, g = decayed(rule, w, g, rate, decay)
    total = slots["sum"] + g**2
    rate = rate / (1 + (step - 1) * rule.rate_decay)
    root = tf.sqrt(total) + rule.eps if rule.eps_at == "outside" else tf.sqrt(total + rule.eps)
    return w - rate * g / root, {"sum": total}


def lamb(
    rule: LAMB, w: tf.Tensor, g: tf.Tensor, slots: Slots, rate: tf.Tensor, step: tf.Tensor, decay: float
) -> tuple[tf.Tensor, Slots]:
    """LAMB; a coupled decay is part of the step."""
    if rule.decay == "decoupled":
        w, decay = w - rate * decay * w, 0.0
    mean = rule.beta1 * slots["mean"] + (1 - rule.beta1) * g
    square = rule.beta2 * slots["square"] + (1 - rule.beta2) * g**2
    moved = (
        mean / (1 - _power(rule.beta1, step)) / (tf.sqrt(square / (1 - _power(rule.beta2, step))) + rule.eps)
        + decay * w
    )
    norms = tf.sqrt(tf.reduce_sum(w**2)), tf.sqrt(tf.reduce_sum(moved**2))
    trust = tf.where((norms[0] > 0) & (norms[1] > 0), norms[0] / norms[1], tf.ones_like(norms[0]))
    return w - trust * rate * moved, {"mean": mean, "square": square}


def decayed(rule: Optimiser, w: tf.Tensor, g: tf.Tensor, rate: tf.Tensor, decay: float) -> tuple[tf.Tensor, tf.Tensor]:
    """A weight and its gradient with the weight decay in the one or the other."""
    if not decay:
        return w, g
    return (w, g + decay * w) if rule.decay == "coupled" else (w - rate * decay * w, g)


def _power(base: float, step: tf.Tensor) -> tf.Tensor:
    """A power of a Python float, in the type of the step."""
    return tf.constant(base, step.dtype) ** step


RULES = {SGD: sgd, Adam: adam, RMSprop: rmsprop, Adagrad: adagrad, LAMB: lamb}
