"""Softplus."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softplus import Softplus
from ...common.spec import Shape


def softplus(op: Softplus, x: Shape) -> Lowering:
    """nn.Softplus(beta, threshold) in a chain, nn.functional.softplus elsewhere."""
    args = (op.beta, op.threshold)
    return Lowering((Make("nn.Softplus", args),), function=Function("nn.functional.softplus", (X, *args)))
