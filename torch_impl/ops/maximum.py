"""The larger of two values."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, X, Y
from ...common.ops.maximum import Maximum
from ...common.spec import Shape


def maximum(op: Maximum, x: Shape, y: Shape) -> Lowering:
    """torch.maximum(x, y)."""
    return Lowering((), function=Function("torch.maximum", (X, Y)))
