"""Numbers above a threshold, and another number in the place of the rest."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.threshold import Threshold
from ...common.spec import Shape


def threshold(op: Threshold, x: Shape) -> Lowering:
    """nn.Threshold(threshold, otherwise) in a chain, nn.functional.threshold elsewhere."""
    args = (op.threshold, op.otherwise)
    return Lowering((Make("nn.Threshold", args),), function=Function("nn.functional.threshold", (X, *args)))
