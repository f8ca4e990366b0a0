"""The channels over their Euclidean norm: ops.normalize has a larger epsilon unless one is given."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.unit_norm import UnitNorm
from ...common.spec import Shape


def unit_norm(op: UnitNorm, x: Shape) -> Lowering:
    """UnitNorm(eps) in a chain, ops.normalize elsewhere."""
    function = Function("ops.normalize", (X,), {"epsilon": op.eps})
    return Lowering((Make("UnitNorm", (op.eps,), layer=False),), function=function, helpers=("unit_norm",))
