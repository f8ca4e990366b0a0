"""Leaky rectified linear unit, written out: layers.LeakyReLU rounds its slope to float32 even in float64.

See `diptych traps`: `leaky_relu_in_float64`, `leaky_relu_layer_slope`.
"""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.leaky_relu import LeakyRelu
from ...common.spec import Shape


def leaky_relu(op: LeakyRelu, x: Shape) -> Lowering:
    """relu(x) - slope * relu(-x)."""
    steps = (Make("leaky_relu", (op.slope,), layer=False),)
    return Lowering(steps, function=Function("leaky_relu", (X, op.slope)), helpers=("leaky_relu",))
