"""Scaled hyperbolic tangent in keras.ops."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.scaled_tanh import ScaledTanh
from ...common.spec import Shape


def scaled_tanh(op: ScaledTanh, x: Shape) -> Lowering:
    """ScaledTanh(amplitude, slope)."""
    return Lowering((Make("ScaledTanh", (op.amplitude, op.slope), layer=False),), helpers=("scaled_tanh",))
