"""The sum of two values."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Operator, X, Y
from ...common.ops.add import Add
from ...common.spec import Shape


def add(op: Add, x: Shape, y: Shape) -> Lowering:
    """layers.Add() in a functional model, x + y elsewhere."""
    return Lowering((Make("layers.Add"),), function=Operator("+", X, Y))
