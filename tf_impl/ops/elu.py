"""Exponential linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.elu import Elu
from ...common.spec import Shape


def elu(op: Elu, x: Shape) -> Lowering:
    """layers.ELU(alpha) in a chain, ops.elu elsewhere."""
    return Lowering((Make("layers.ELU", (op.alpha,)),), function=Function("ops.elu", (X, op.alpha)))
