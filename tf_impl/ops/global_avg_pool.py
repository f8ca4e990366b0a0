"""The mean of each channel over the whole map."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.global_avg_pool import GlobalAvgPool
from ...common.spec import Shape


def global_avg_pool(op: GlobalAvgPool, x: Shape) -> Lowering:
    """layers.GlobalAveragePooling2D()."""
    return Lowering((Make("layers.GlobalAveragePooling2D"),), function=Function("ops.mean", (X, (1, 2))))
