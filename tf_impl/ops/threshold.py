"""Numbers above a threshold, and another number in the place of the rest; layers.ReLU has zeros there."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.threshold import Threshold
from ...common.spec import Shape


def threshold(op: Threshold, x: Shape) -> Lowering:
    """where(x > threshold, x, otherwise)."""
    args = (op.threshold, op.otherwise)
    step = Make("threshold", args, layer=False)
    return Lowering((step,), function=Function("threshold", (X, *args)), helpers=("threshold",))
