"""Hyperbolic tangent."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.tanh import Tanh
from ...common.spec import Shape


def tanh(op: Tanh, x: Shape) -> Lowering:
    """nn.Tanh() in a chain, torch.tanh elsewhere."""
    return Lowering((Make("nn.Tanh"),), function=Function("torch.tanh", (X,)))
