"""The maximum of each channel over the whole map."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.global_max_pool import GlobalMaxPool
from ...common.spec import Shape


def global_max_pool(op: GlobalMaxPool, x: Shape) -> Lowering:
    """torch.amax over height and width; GlobalMaxPool2d() in a chain."""
    return Lowering(
        (Make("GlobalMaxPool2d"),), function=Function("torch.amax", (X, (2, 3))), helpers=("global_max_pool2d",)
    )
