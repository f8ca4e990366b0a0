"""Multiplication by a constant and addition of another."""

from __future__ import annotations

import torch
from torch import nn

from ...common.form import Form, Make, given, literal
from ...common.ops.rescale import Rescale as RescaleOp
from ...common.spec import Shape


class Rescale(nn.Module):
    """x * factor + offset."""

    def __init__(self, factor: float, offset: float = 0.0) -> None:
        super().__init__()
        self.factor = factor
        self.offset = offset

    def extra_repr(self) -> str:
        return f"{self.factor}, offset={self.offset}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * self.factor + self.offset


def rescale(op: RescaleOp, x: Shape) -> Form:
    """x * factor, x + offset, or Rescale(factor, offset) where both are needed."""
    make = Make("Rescale", (op.factor,), given({"offset": 0.0}, offset=op.offset))
    function = "" if op.offset else f"{{0}} * {literal(op.factor)}"
    return Form((make,), function=function, helpers=(Rescale,))
