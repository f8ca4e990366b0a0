"""Mish."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.mish import Mish
from ...common.spec import Shape


def mish(op: Mish, x: Shape) -> Lowering:
    """layers.Activation("mish") in a chain, mish elsewhere."""
    return Lowering((Make("layers.Activation", ("mish",)),), function=Function("mish", (X,)), helpers=("mish",))
