"""Sigmoid linear unit."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.silu import Silu
from ...common.spec import Shape


def silu(op: Silu, x: Shape) -> Form:
    """nn.SiLU() in a chain, nn.functional.silu elsewhere."""
    return Form((Make("nn.SiLU"),), function="nn.functional.silu({0})")
