"""Each number to a fixed power."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.power import Power
from ...common.spec import Shape

FUNCTIONS = {0.5: "torch.sqrt", -0.5: "torch.rsqrt", -1.0: "torch.reciprocal"}


def power(op: Power, x: Shape) -> Lowering:
    """torch.sqrt and its like, or torch.pow; Power(exponent) in a chain."""
    named = FUNCTIONS.get(op.exponent)
    function = Function(named, (X,)) if named else Function("torch.pow", (X, op.exponent))
    return Lowering((Make("Power", (op.exponent,)),), function=function, helpers=("power",))
