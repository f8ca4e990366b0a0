"""The mean of each channel over the whole map."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.global_avg_pool import GlobalAvgPool
from ...common.spec import Shape


def global_avg_pool(op: GlobalAvgPool, x: Shape) -> Lowering:
    """layers.GlobalAveragePooling2D()."""
    return Lowering((Make("layers.GlobalAveragePooling2D"),), function="ops.mean({0}, (1, 2))")
