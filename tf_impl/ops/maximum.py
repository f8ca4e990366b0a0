"""The larger of two values."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X, Y
from ...common.ops.maximum import Maximum
from ...common.spec import Shape


def maximum(op: Maximum, x: Shape, y: Shape) -> Lowering:
    """layers.Maximum() in a functional model, ops.maximum elsewhere."""
    return Lowering((Make("layers.Maximum"),), function=Function("ops.maximum", (X, Y)))
