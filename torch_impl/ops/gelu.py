"""Gaussian error linear unit, exact, by its tanh formula, or as TensorFlow has it, which rounds a constant."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu(op: Gelu, x: Shape) -> Lowering:
    """nn.GELU() in a chain, nn.functional.gelu elsewhere; a layer of its own where the constant is TensorFlow's."""
    if op.rounded:
        return Lowering((Make("GELURounded"),), helpers=("gelu_rounded",))
    rest = {"approximate": "tanh"} if op.approximate else {}
    return Lowering((Make("nn.GELU", (), rest),), function=Function("nn.functional.gelu", (X,), rest))
