"""Gaussian error linear unit, exact or by its tanh formula."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu(op: Gelu, x: Shape) -> Lowering:
    """nn.GELU() in a chain, nn.functional.gelu elsewhere."""
    rest = {"approximate": "tanh"} if op.approximate else {}
    return Lowering((Make("nn.GELU", (), rest),), function=Function("nn.functional.gelu", (X,), rest))
