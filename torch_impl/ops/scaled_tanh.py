"""Scaled hyperbolic tangent as a module of its own."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.scaled_tanh import ScaledTanh
from ...common.spec import Shape


def scaled_tanh(op: ScaledTanh, x: Shape) -> Lowering:
    """ScaledTanh(amplitude, slope)."""
    return Lowering((Make("ScaledTanh", (op.amplitude, op.slope)),), helpers=("scaled_tanh",))
