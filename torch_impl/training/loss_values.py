"""What losses mean, in PyTorch, as scalar tensors; see `common.training.loss_values`."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from ...common.errors import DiptychError
from ...common.training.losses import Binary, CrossEntropy, DetectionLoss, Focal, Loss, MeanSquares
from ..detection.losses import detection_loss


def value(loss: Loss, outputs: Any, targets: torch.Tensor) -> torch.Tensor:
    """The loss of a batch of outputs, of a detector the raw maps of all levels."""
    if isinstance(loss, CrossEntropy):
        return cross_entropy(loss, outputs, targets)
    if isinstance(loss, Binary):
        return binary(loss, outputs, targets)
    if isinstance(loss, Focal):
        return focal(loss, outputs, targets)
    if isinstance(loss, MeanSquares):
        return F.mse_loss(outputs, targets)
    if isinstance(loss, DetectionLoss):
        return detection_loss(outputs, targets, loss.detector).total
    raise DiptychError(f"there is no meaning of a {type(loss).__name__}")


def cross_entropy(loss: CrossEntropy, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross-entropy with smoothing and class weights."""
    logs = log_softmax(outputs) if loss.of == "logits" else torch.log(outputs)
    count = outputs.shape[1]
    smooth = F.one_hot(targets, count).to(logs) * (1 - loss.label_smoothing) + loss.label_smoothing / count
    weights = logs.new_ones(count) if loss.class_weights is None else logs.new_tensor(loss.class_weights)
    own = weights[targets]
    if loss.weighing == "class":
        each = -torch.sum(smooth * weights * logs, dim=1)
    else:
        each = -torch.sum(smooth * logs, dim=1) * own
    return each.sum() / (own.sum() if loss.mean == "weights" else len(outputs))


def binary(loss: Binary, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy of logits."""
    y = targets * (1 - loss.label_smoothing) + loss.label_smoothing / 2
    each = -loss.positive_weight * y * log_sigmoid(outputs) - (1 - y) * log_sigmoid(-outputs)
    return each.mean()


def focal(loss: Focal, outputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Focal loss of a softmax or of sigmoids."""
    if loss.of == "softmax":
        logs = log_softmax(outputs)[torch.arange(len(outputs)), targets]
        return torch.mean(-loss.alpha * (1 - torch.exp(logs)) ** loss.gamma * logs)
    logs = log_sigmoid(torch.where(targets > 0.5, outputs, -outputs))
    alpha = torch.where(targets > 0.5, torch.full_like(logs, loss.alpha), 1 - loss.alpha)
    return torch.mean(-alpha * (1 - torch.exp(logs)) ** loss.gamma * logs)


def log_softmax(x: torch.Tensor) -> torch.Tensor:
    """The logarithm of a softmax over the last axis."""
    return F.log_softmax(x, dim=-1)


def log_sigmoid(x: torch.Tensor) -> torch.Tensor:
    """The logarithm of a sigmoid."""
    return F.logsigmoid(x)
