"""Piecewise quadratic Swish, which Keras calls hard SiLU."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.hard_swish import HardSwish
from ...common.spec import Shape


def hard_swish(op: HardSwish, x: Shape) -> Lowering:
    """nn.Hardswish() in a chain, nn.functional.hardswish elsewhere."""
    return Lowering((Make("nn.Hardswish"),), function=Function("nn.functional.hardswish", (X,)))
