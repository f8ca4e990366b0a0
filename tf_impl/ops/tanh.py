"""Hyperbolic tangent."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.tanh import Tanh
from ...common.spec import Shape


def tanh(op: Tanh, x: Shape) -> Lowering:
    """layers.Activation("tanh") in a chain, ops.tanh elsewhere."""
    return Lowering((Make("layers.Activation", ("tanh",)),), function=Function("ops.tanh", (X,)))
