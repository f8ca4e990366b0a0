"""Sigmoid linear unit."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.silu import Silu
from ...common.spec import Shape


def silu(op: Silu, x: Shape) -> Lowering:
    """nn.SiLU() in a chain, nn.functional.silu elsewhere."""
    return Lowering((Make("nn.SiLU"),), function="nn.functional.silu({0})")
