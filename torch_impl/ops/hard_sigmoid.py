"""Piecewise linear sigmoid, relu6(x + 3) / 6."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.hard_sigmoid import HardSigmoid
from ...common.spec import Shape


def hard_sigmoid(op: HardSigmoid, x: Shape) -> Form:
    """nn.Hardsigmoid() in a chain, nn.functional.hardsigmoid elsewhere."""
    return Form((Make("nn.Hardsigmoid"),), function="nn.functional.hardsigmoid({0})")
