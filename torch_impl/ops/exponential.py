"""The exponential of each number."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.exponential import Exponential
from ...common.spec import Shape


def exponential(op: Exponential, x: Shape) -> Lowering:
    """Exponential() in a chain, torch.exp elsewhere."""
    return Lowering((Make("Exponential"),), function=Function("torch.exp", (X,)), helpers=("exponential",))
