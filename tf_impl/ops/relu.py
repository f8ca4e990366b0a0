"""Rectified linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.relu import Relu
from ...common.spec import Shape


def relu(op: Relu, x: Shape) -> Lowering:
    """layers.ReLU() in a chain, ops.relu elsewhere."""
    return Lowering((Make("layers.ReLU"),), function=Function("ops.relu", (X,)))
