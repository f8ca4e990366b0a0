"""Scaled exponential linear unit."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.selu import Selu
from ...common.spec import Shape


def selu(op: Selu, x: Shape) -> Lowering:
    """nn.SELU() in a chain, nn.functional.selu elsewhere."""
    return Lowering((Make("nn.SELU"),), function=Function("nn.functional.selu", (X,)))
