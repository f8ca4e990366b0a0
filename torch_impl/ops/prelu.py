"""Parametric rectified linear unit.

See `diptych traps`: `prelu_shared_slopes`, `prelu_initial_slope`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.prelu import PRelu
from ...common.spec import Shape


def prelu(op: PRelu, x: Shape) -> Lowering:
    """nn.PReLU(channels), or nn.PReLU() with one slope."""
    return Lowering((Make("nn.PReLU", () if op.shared else (x[0],)),))
