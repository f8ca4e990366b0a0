"""Multiplication by a constant and addition of another."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Operator, X, given
from ...common.ops.rescale import Rescale
from ...common.spec import Shape


def rescale(op: Rescale, x: Shape) -> Lowering:
    """x * factor, x + offset, or Rescale(factor, offset) where both are needed."""
    make = Make("Rescale", (op.factor,), given({"offset": 0.0}, offset=op.offset))
    function = None if op.offset else Operator("*", X, op.factor)
    return Lowering((make,), function=function, helpers=("rescale",))
