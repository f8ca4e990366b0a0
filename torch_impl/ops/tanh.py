"""Hyperbolic tangent."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.tanh import Tanh
from ...common.spec import Shape


def tanh(op: Tanh, x: Shape) -> Form:
    """nn.Tanh() in a chain, torch.tanh elsewhere."""
    return Form((Make("nn.Tanh"),), function="torch.tanh({0})")
