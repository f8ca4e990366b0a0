"""Sigmoid linear unit."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.silu import Silu
from ...common.spec import Shape


def silu(op: Silu, x: Shape) -> Form:
    """layers.Activation("silu") in a chain, ops.silu elsewhere."""
    return Form((Make("layers.Activation", ("silu",)),), function="ops.silu({0})")
