"""Each number to a fixed power."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.power import Power
from ...common.spec import Shape

FUNCTIONS = {0.5: "ops.sqrt", -0.5: "ops.rsqrt", -1.0: "ops.reciprocal"}


def power(op: Power, x: Shape) -> Lowering:
    """ops.sqrt and its like, or ops.power; Power(exponent) in a chain."""
    named = FUNCTIONS.get(op.exponent)
    function = Function(named, (X,)) if named else Function("ops.power", (X, op.exponent))
    return Lowering((Make("Power", (op.exponent,), layer=False),), function=function, helpers=("power",))
