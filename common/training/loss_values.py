"""What losses mean, in NumPy; files of the same name in `torch_impl` and `tf_impl` have the same functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..detection.losses import detection_loss
from ..errors import DiptychError
from ..spec import Array
from .losses import Binary, CrossEntropy, DetectionLoss, Focal, Loss, MeanSquares


def value(loss: Loss, outputs: Any, targets: Array) -> float:
    """The loss of a batch of outputs, of a detector the raw maps of all levels."""
    if isinstance(loss, CrossEntropy):
        return cross_entropy(loss, outputs, targets)
    if isinstance(loss, Binary):
        return binary(loss, outputs, targets)
    if isinstance(loss, Focal):
        return focal(loss, outputs, targets)
    if isinstance(loss, MeanSquares):
        return float(np.mean((outputs - targets) ** 2))
    if isinstance(loss, DetectionLoss):
        return float(detection_loss(outputs, targets, loss.detector).total)
    raise DiptychError(f"there is no meaning of a {type(loss).__name__}")


def cross_entropy(loss: CrossEntropy, outputs: Array, targets: Array) -> float:
    """Cross-entropy with smoothing and class weights."""
    logs = log_softmax(outputs) if loss.of == "logits" else np.log(outputs)
    count = outputs.shape[1]
    smooth = np.eye(count)[targets] * (1 - loss.label_smoothing) + loss.label_smoothing / count
    weights = np.ones(count) if loss.class_weights is None else np.array(loss.class_weights)
    own = weights[targets]
    if loss.weighing == "class":
        each = -np.sum(smooth * weights * logs, axis=1)
    else:
        each = -np.sum(smooth * logs, axis=1) * own
    return float(each.sum() / (own.sum() if loss.mean == "weights" else len(outputs)))


def binary(loss: Binary, outputs: Array, targets: Array) -> float:
    """Binary cross-entropy of logits."""
    y = targets * (1 - loss.label_smoothing) + loss.label_smoothing / 2
    each = -loss.positive_weight * y * log_sigmoid(outputs) - (1 - y) * log_sigmoid(-outputs)
    return float(each.mean())


def focal(loss: Focal, outputs: Array, targets: Array) -> float:
    """Focal loss of a softmax or of sigmoids."""
    if loss.of == "softmax":
        logs = log_softmax(outputs)[np.arange(len(outputs)), targets]
        return float(np.mean(-loss.alpha * (1 - np.exp(logs)) ** loss.gamma * logs))
    logs = log_sigmoid(np.where(targets > 0.5, outputs, -outputs))
    alpha = np.where(targets > 0.5, loss.alpha, 1 - loss.alpha)
    return float(np.mean(-alpha * (1 - np.exp(logs)) ** loss.gamma * logs))


def log_softmax(x: Array) -> Array:
    """The logarithm of a softmax over the last axis."""
    shifted = x - x.max(axis=-1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def log_sigmoid(x: Array) -> Array:
    """The logarithm of a sigmoid."""
    return np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x)))
