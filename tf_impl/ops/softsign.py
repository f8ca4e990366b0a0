"""Softsign."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softsign import Softsign
from ...common.spec import Shape


def softsign(op: Softsign, x: Shape) -> Lowering:
    """layers.Activation("softsign") in a chain, ops.softsign elsewhere."""
    return Lowering((Make("layers.Activation", ("softsign",)),), function=Function("ops.softsign", (X,)))
