"""Gaussian error linear unit, written out: Keras's own rounds its constants to float32 even in float64.

See `diptych traps`: `gelu_in_float64`, `gelu_default`.
"""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu(op: Gelu, x: Shape) -> Lowering:
    """The exact form with ops.erf, or the approximate one with ops.tanh; Keras's own where its rounding is meant."""
    if op.rounded:
        return Lowering((Make("layers.Activation", ("gelu",)),))
    helper = "gelu_tanh" if op.approximate else "gelu_exact"
    return Lowering((Make(helper, layer=False),), function=Function(helper, (X,)), helpers=(helper,))
