"""The mean of each channel over the whole map."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.global_avg_pool import GlobalAvgPool
from ...common.spec import Shape


def global_avg_pool(op: GlobalAvgPool, x: Shape) -> Lowering:
    """torch.mean over height and width; GlobalAvgPool2d() in a chain."""
    return Lowering(
        (Make("GlobalAvgPool2d"),), function=Function("torch.mean", (X, (2, 3))), helpers=("global_avg_pool2d",)
    )
