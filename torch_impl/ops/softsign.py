"""Softsign."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softsign import Softsign
from ...common.spec import Shape


def softsign(op: Softsign, x: Shape) -> Lowering:
    """nn.Softsign() in a chain, nn.functional.softsign elsewhere."""
    return Lowering((Make("nn.Softsign"),), function=Function("nn.functional.softsign", (X,)))
