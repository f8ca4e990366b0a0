"""The channels over their Euclidean norm."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X, given
from ...common.ops.unit_norm import UnitNorm
from ...common.spec import Shape


def unit_norm(op: UnitNorm, x: Shape) -> Lowering:
    """UnitNorm(eps) in a chain, nn.functional.normalize elsewhere."""
    function = Function("nn.functional.normalize", (X,), given({"eps": 1e-12}, eps=op.eps))
    return Lowering((Make("UnitNorm", (op.eps,)),), function=function, helpers=("unit_norm",))
