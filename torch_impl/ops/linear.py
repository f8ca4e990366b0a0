"""A fully connected layer as nn.Linear."""

from __future__ import annotations

from ...common.form import Form, Make, given
from ...common.ops.linear import Linear
from ...common.spec import Shape


def linear(op: Linear, x: Shape) -> Form:
    """nn.Linear(in, out)."""
    return Form((Make("nn.Linear", (x[0], op.features), given({"bias": True}, bias=op.bias)),))
