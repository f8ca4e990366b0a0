"""Rectified linear unit that stops at 6."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.relu6 import Relu6
from ...common.spec import Shape


def relu6(op: Relu6, x: Shape) -> Lowering:
    """layers.ReLU(max_value=6.0) in a chain, ops.relu6 elsewhere."""
    return Lowering((Make("layers.ReLU", (), {"max_value": 6.0}),), function=Function("ops.relu6", (X,)))
