"""The product of two values."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Operator, X, Y
from ...common.ops.multiply import Multiply
from ...common.spec import Shape


def multiply(op: Multiply, x: Shape, y: Shape) -> Lowering:
    """layers.Multiply() in a functional model, x * y elsewhere."""
    return Lowering((Make("layers.Multiply"),), function=Operator("*", X, Y))
