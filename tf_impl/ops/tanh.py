"""Hyperbolic tangent."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.tanh import Tanh
from ...common.spec import Shape


def tanh(op: Tanh, x: Shape) -> Lowering:
    """layers.Activation("tanh") in a chain, ops.tanh elsewhere."""
    return Lowering((Make("layers.Activation", ("tanh",)),), function="ops.tanh({0})")
