"""Batch normalisation as nn.BatchNorm2d; torch writes the unbiased variance n / (n - 1) to its running statistics.

See `diptych traps`: `batch_norm_running_variance`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.batch_norm import BatchNorm
from ...common.spec import Shape


def batch_norm(op: BatchNorm, x: Shape) -> Lowering:
    """nn.BatchNorm2d(channels, eps=..., momentum=...), and nn.BatchNorm1d for a vector."""
    rest = given({"eps": 1e-5, "momentum": 0.1}, eps=op.eps, momentum=op.momentum)
    if op.scale:
        return Lowering((Make("nn.BatchNorm1d" if len(x) == 1 else "nn.BatchNorm2d", (x[0],), rest),))
    return Lowering((Make("BatchNorm2dUnscaled", (x[0],), rest),), helpers=("batch_norm2d_unscaled",))
