"""What losses mean, in TensorFlow, as scalar tensors; see `common.training.loss_values`."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from ...common.errors import DiptychError
from ...common.training.losses import Binary, CrossEntropy, DetectionLoss, Focal, Loss, MeanSquares
from ..detection.losses import detection_loss


def value(loss: Loss, outputs: Any, targets: tf.Tensor) -> tf.Tensor:
    """The loss of a batch of outputs, of a detector the raw maps of all levels."""
    if isinstance(loss, CrossEntropy):
        return cross_entropy(loss, outputs, targets)
    if isinstance(loss, Binary):
        return binary(loss, outputs, targets)
    if isinstance(loss, Focal):
        return focal(loss, outputs, targets)
    if isinstance(loss, MeanSquares):
        return tf.reduce_mean((outputs - targets) ** 2)
    if isinstance(loss, DetectionLoss):
        return detection_loss(outputs, targets, loss.detector).total
    raise DiptychError(f"there is no meaning of a {type(loss).__name__}")


def cross_entropy(loss: CrossEntropy, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Cross-entropy with smoothing and class weights."""
    logs = log_softmax(outputs) if loss.of == "logits" else tf.math.log(outputs)
    count = int(outputs.shape[1])
    smooth = tf.one_hot(targets, count, dtype=logs.dtype) * (1 - loss.label_smoothing) + loss.label_smoothing / count
    weights = tf.constant([1.0] * count if loss.class_weights is None else loss.class_weights, logs.dtype)
    own = tf.gather(weights, targets)
    if loss.weighing == "class":
        each = -tf.reduce_sum(smooth * weights * logs, axis=1)
    else:
        each = -tf.reduce_sum(smooth * logs, axis=1) * own
    return tf.reduce_sum(each) / (
        tf.reduce_sum(own) if loss.mean == "weights" else tf.cast(tf.shape(outputs)[0], logs.dtype)
    )


def binary(loss: Binary, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Binary cross-entropy of logits."""
    y = targets * (1 - loss.label_smoothing) + loss.label_smoothing / 2
    each = -loss.positive_weight * y * log_sigmoid(outputs) - (1 - y) * log_sigmoid(-outputs)
    return tf.reduce_mean(each)


def focal(loss: Focal, outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Focal loss of a softmax or of sigmoids."""
    if loss.of == "softmax":
        logs = tf.gather(log_softmax(outputs), targets, axis=1, batch_dims=1)
        return tf.reduce_mean(-loss.alpha * (1 - tf.exp(logs)) ** loss.gamma * logs)
    logs = log_sigmoid(tf.where(targets > 0.5, outputs, -outputs))
    alpha = tf.where(targets > 0.5, tf.constant(loss.alpha, logs.dtype), tf.constant(1 - loss.alpha, logs.dtype))
    return tf.reduce_mean(-alpha * (1 - tf.exp(logs)) ** loss.gamma * logs)


def log_softmax(x: tf.Tensor) -> tf.Tensor:
    """The logarithm of a softmax over the last axis."""
    return tf.nn.log_softmax(x, axis=-1)


def log_sigmoid(x: tf.Tensor) -> tf.Tensor:
    """The logarithm of a sigmoid."""
    return tf.math.log_sigmoid(x)
