"""Piecewise quadratic Swish, which Keras calls hard SiLU."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.hard_swish import HardSwish
from ...common.spec import Shape


def hard_swish(op: HardSwish, x: Shape) -> Lowering:
    """layers.Activation("hard_silu") in a chain, ops.hard_silu elsewhere."""
    return Lowering((Make("layers.Activation", ("hard_silu",)),), function=Function("ops.hard_silu", (X,)))
