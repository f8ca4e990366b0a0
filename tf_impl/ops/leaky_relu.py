"""Leaky rectified linear unit, written out: layers.LeakyReLU rounds its slope to float32 even in float64."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make, literal
from ...common.ops.leaky_relu import LeakyRelu
from ...common.spec import Shape


def leaky(x: Any, slope: float) -> Any:
    """x above zero, slope * x below."""
    from keras import ops

    return ops.relu(x) - slope * ops.relu(-x)


def leaky_relu(op: LeakyRelu, x: Shape) -> Form:
    """relu(x) - slope * relu(-x)."""
    steps = (Make("leaky", (op.slope,), layer=False),)
    return Form(steps, function=f"leaky({{0}}, {literal(op.slope)})", helpers=(leaky,))
