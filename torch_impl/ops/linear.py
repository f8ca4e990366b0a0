"""A fully connected layer as nn.Linear."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.linear import Linear
from ...common.spec import Shape


def linear(op: Linear, x: Shape) -> Lowering:
    """nn.Linear(in, out)."""
    return Lowering((Make("nn.Linear", (x[0], op.features), given({"bias": True}, bias=op.bias)),))
