"""Piecewise linear sigmoid, relu6(x + 3) / 6."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.spec import Shape


def hard_sigmoid(op: HardSigmoid, x: Shape) -> Lowering:
    """HardSigmoid(), since nn.Hardsigmoid rounds its gradient to float32."""
    return Lowering((Make("HardSigmoid"),), helpers=("hard_sigmoid",))
