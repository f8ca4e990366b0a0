"""Sigmoid linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.silu import Silu
from ...common.spec import Shape


def silu(op: Silu, x: Shape) -> Lowering:
    """layers.Activation("silu") in a chain, ops.silu elsewhere."""
    return Lowering((Make("layers.Activation", ("silu",)),), function=Function("ops.silu", (X,)))
