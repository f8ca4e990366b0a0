"""Max pooling to a given size as nn.AdaptiveMaxPool2d."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.adaptive_max_pool import AdaptiveMaxPool
from ...common.spec import Shape


def adaptive_max_pool(op: AdaptiveMaxPool, x: Shape) -> Lowering:
    """nn.AdaptiveMaxPool2d(size)."""
    return Lowering((Make("nn.AdaptiveMaxPool2d", (op.size,)),))
