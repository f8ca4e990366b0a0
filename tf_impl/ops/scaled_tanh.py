"""Scaled hyperbolic tangent in keras.ops."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make, literal
from ...common.ops.scaled_tanh import ScaledTanh
from ...common.spec import Shape


def tanh_scaled(x: Any, amplitude: float, slope: float) -> Any:
    """amplitude * tanh(slope * x)."""
    from keras import ops

    return amplitude * ops.tanh(slope * x)


def scaled_tanh(op: ScaledTanh, x: Shape) -> Form:
    """amplitude * tanh(slope * x)."""
    make = Make("tanh_scaled", (op.amplitude, op.slope), layer=False)
    function = f"tanh_scaled({{0}}, {literal(op.amplitude)}, {literal(op.slope)})"
    return Form((make,), function=function, helpers=(tanh_scaled,))
