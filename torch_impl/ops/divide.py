"""The quotient of two values."""

from __future__ import annotations

from ...common.lowering import Lowering, Operator, X, Y
from ...common.ops.divide import Divide
from ...common.spec import Shape


def divide(op: Divide, x: Shape, y: Shape) -> Lowering:
    """x / y, with a map (C, 1, 1) or (1, H, W) spread over the other."""
    return Lowering((), function=Operator("/", X, Y))
