"""The quotient of two values."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Operator, X, Y
from ...common.ops.divide import Divide
from ...common.spec import Shape


def divide(op: Divide, x: Shape, y: Shape) -> Lowering:
    """ops.divide in a functional model, x / y elsewhere."""
    return Lowering((Make("ops.divide", layer=False),), function=Operator("/", X, Y))
