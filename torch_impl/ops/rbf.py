"""Euclidean radial basis functions as a module with a buffer."""

from __future__ import annotations

import torch
from torch import nn

from ...common.form import Form, Make
from ...common.ops.rbf import Rbf
from ...common.spec import Shape


class RadialBasis(nn.Module):
    """Squared distances of a vector from fixed prototypes."""

    prototypes: torch.Tensor

    def __init__(self, features: int, classes: int) -> None:
        super().__init__()
        self.register_buffer("prototypes", torch.ones(classes, features))

    def extra_repr(self) -> str:
        return f"{self.prototypes.shape[1]}, {self.prototypes.shape[0]}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.prototypes).square().sum(2)


def rbf(op: Rbf, x: Shape) -> Form:
    """RadialBasis(features, classes)."""
    return Form((Make("RadialBasis", (x[0], op.prototypes)),), helpers=(RadialBasis,))
