"""Mish."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.mish import Mish
from ...common.spec import Shape


def mish(op: Mish, x: Shape) -> Lowering:
    """nn.Mish() in a chain, nn.functional.mish elsewhere."""
    return Lowering((Make("nn.Mish"),), function=Function("nn.functional.mish", (X,)))
