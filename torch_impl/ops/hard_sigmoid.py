"""Piecewise linear sigmoid, relu6(x + 3) / 6."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.spec import Shape


def hard_sigmoid(op: HardSigmoid, x: Shape) -> Form:
    """HardSigmoid(), since nn.Hardsigmoid rounds its gradient to float32."""
    return Form((Make("HardSigmoid"),), helpers=("hard_sigmoid",))
