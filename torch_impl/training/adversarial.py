"""Self-adversarial training in PyTorch; see `common.training.adversarial`."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from ...common.training.adversarial import THRESHOLD
from ...common.training.regular import require_logits


def absent(
    objects: torch.Tensor, classes: torch.Tensor, sizes: torch.Tensor, threshold: float = THRESHOLD
) -> torch.Tensor:
    """How far the boxes, logits and sizes, are from nothing at all: a scalar."""
    require_logits(objects.shape, classes.shape, sizes.shape)
    weight = torch.sqrt(sizes[..., 0] * sizes[..., 1]).detach()
    score = torch.sigmoid(objects)[..., None] * torch.sigmoid(classes)
    # F.softplus is a straight line from 20 on, which float64 sees.
    counted = torch.where(score > threshold, -F.logsigmoid(-classes), torch.zeros_like(classes))
    return (weight * (counted.sum(-1) - F.logsigmoid(-objects))).sum()


def attacked(images: torch.Tensor, gradient: torch.Tensor, rate: float) -> torch.Tensor:
    """The pictures, from 0 to 1, moved down a gradient and cut to 0 to 1."""
    moved = images - rate * gradient
    return torch.clamp(moved, 0, 1)
