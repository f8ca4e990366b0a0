"""Sigmoid linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.silu import Silu
from ...common.spec import Shape


def silu(op: Silu, x: Shape) -> Lowering:
    """nn.SiLU() in a chain, nn.functional.silu elsewhere."""
    return Lowering((Make("nn.SiLU"),), function=Function("nn.functional.silu", (X,)))
