"""Normalisation by the root mean square as layers.RMSNormalization."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.rms_norm import RmsNorm
from ...common.spec import Shape


def rms_norm(op: RmsNorm, x: Shape) -> Lowering:
    """layers.RMSNormalization(epsilon=...)."""
    make = Make("layers.RMSNormalization", (), given({"epsilon": 1e-6}, epsilon=op.eps))
    return Lowering((make,), slots=(Slot("weight", "scale", "C"),))
