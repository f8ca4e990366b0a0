"""Numbers held between two bounds."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.clamp import Clamp
from ...common.spec import Shape


def clamp(op: Clamp, x: Shape) -> Lowering:
    """Clamp(low, high) in a chain, torch.clamp elsewhere."""
    args = (op.low, op.high)
    return Lowering((Make("Clamp", args),), function=Function("torch.clamp", (X, *args)), helpers=("clamp",))
