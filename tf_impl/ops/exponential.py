"""The exponential of each number."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.exponential import Exponential
from ...common.spec import Shape


def exponential(op: Exponential, x: Shape) -> Lowering:
    """layers.Activation("exponential") in a chain, ops.exp elsewhere."""
    step = Make("layers.Activation", ("exponential",))
    return Lowering((step,), function=Function("ops.exp", (X,)))
