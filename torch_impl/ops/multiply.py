"""The product of two values."""

from __future__ import annotations

from ...common.lowering import Lowering, Operator, X, Y
from ...common.ops.multiply import Multiply
from ...common.spec import Shape


def multiply(op: Multiply, x: Shape, y: Shape) -> Lowering:
    """x * y, with a gate (C, 1, 1) or a mask (1, H, W) spread over the map."""
    return Lowering((), function=Operator("*", X, Y))
