"""The loss of a description in PyTorch: torch.nn's own where it says the same, else a twin."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from ...common.training.losses import Binary, CrossEntropy, Loss, MeanSquares
from ...common.training.matched import MatchedLoss
from .loss_values import value


class Twin(nn.Module):
    """A loss that torch.nn does not have: a scalar of outputs, of a detector those of all levels, and targets."""

    def __init__(self, description: Loss) -> None:
        super().__init__()
        self.description = description

    def forward(self, outputs: Any, targets: torch.Tensor) -> torch.Tensor:
        """The loss of a batch."""
        return value(self.description, outputs, targets)


def loss(description: Loss, dtype: str = "float32") -> MatchedLoss:
    """The loss, called as `loss(outputs, targets)`."""
    made: nn.Module = Twin(description)
    kind = getattr(torch, dtype)
    if isinstance(description, CrossEntropy) and description.of == "logits":
        weights = description.class_weights
        if weights is None or (description.weighing == "class" and description.mean == "weights"):
            own = None if weights is None else torch.tensor(weights, dtype=kind)
            made = nn.CrossEntropyLoss(own, label_smoothing=description.label_smoothing)
    elif isinstance(description, Binary) and not description.label_smoothing:
        weight = torch.tensor(description.positive_weight, dtype=kind) if description.positive_weight != 1 else None
        made = nn.BCEWithLogitsLoss(pos_weight=weight)
    elif isinstance(description, MeanSquares):
        made = nn.MSELoss()
    if isinstance(made, Twin):
        return MatchedLoss(
            made, f"a twin of {type(description).__name__} in PyTorch, which has none that says the same"
        )
    return MatchedLoss(made, f"torch.nn.{type(made).__name__}, PyTorch's own")
