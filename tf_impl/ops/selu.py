"""Scaled exponential linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.selu import Selu
from ...common.spec import Shape


def selu(op: Selu, x: Shape) -> Lowering:
    """layers.Activation("selu") in a chain, ops.selu elsewhere."""
    return Lowering((Make("layers.Activation", ("selu",)),), function=Function("ops.selu", (X,)))
