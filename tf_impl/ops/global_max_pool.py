"""The maximum of each channel over the whole map."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.global_max_pool import GlobalMaxPool
from ...common.spec import Shape


def global_max_pool(op: GlobalMaxPool, x: Shape) -> Lowering:
    """layers.GlobalMaxPooling2D()."""
    return Lowering((Make("layers.GlobalMaxPooling2D"),), function=Function("ops.max", (X, (1, 2))))
