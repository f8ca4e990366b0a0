"""Average pooling to a given size as nn.AdaptiveAvgPool2d."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.spec import Shape


def adaptive_avg_pool(op: AdaptiveAvgPool, x: Shape) -> Lowering:
    """nn.AdaptiveAvgPool2d(size)."""
    return Lowering((Make("nn.AdaptiveAvgPool2d", (op.size,)),))
