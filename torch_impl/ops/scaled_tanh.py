"""Scaled hyperbolic tangent as a module of its own."""

from __future__ import annotations

import torch
from torch import nn

from ...common.form import Form, Make
from ...common.ops.scaled_tanh import ScaledTanh as ScaledTanhOp
from ...common.spec import Shape


class ScaledTanh(nn.Module):
    """amplitude * tanh(slope * x)."""

    def __init__(self, amplitude: float, slope: float) -> None:
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def extra_repr(self) -> str:
        return f"{self.amplitude}, {self.slope}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.amplitude * torch.tanh(self.slope * x)


def scaled_tanh(op: ScaledTanhOp, x: Shape) -> Form:
    """ScaledTanh(amplitude, slope)."""
    return Form((Make("ScaledTanh", (op.amplitude, op.slope)),), helpers=(ScaledTanh,))
