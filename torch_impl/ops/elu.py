"""Exponential linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.elu import Elu
from ...common.spec import Shape


def elu(op: Elu, x: Shape) -> Lowering:
    """nn.ELU(alpha) in a chain, nn.functional.elu elsewhere."""
    return Lowering((Make("nn.ELU", (op.alpha,)),), function=Function("nn.functional.elu", (X, op.alpha)))
