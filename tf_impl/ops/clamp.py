"""Numbers held between two bounds, written out: ops.clip needs both."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.clamp import Clamp
from ...common.spec import Shape


def clamp(op: Clamp, x: Shape) -> Lowering:
    """Clamp(low, high) in a chain, clamp elsewhere."""
    args = (op.low, op.high)
    make = Make("Clamp", args, layer=False)
    return Lowering((make,), function=Function("clamp", (X, *args)), helpers=("clamp",))
