"""Piecewise linear sigmoid, relu6(x + 3) / 6."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.spec import Shape


def hard_sigmoid(op: HardSigmoid, x: Shape) -> Form:
    """layers.Activation("hard_sigmoid")."""
    return Form((Make("layers.Activation", ("hard_sigmoid",)),))
