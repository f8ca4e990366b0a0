"""Average pooling to a given size as nn.AdaptiveAvgPool2d."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.spec import Shape


def adaptive_avg_pool(op: AdaptiveAvgPool, x: Shape) -> Form:
    """nn.AdaptiveAvgPool2d(size)."""
    return Form((Make("nn.AdaptiveAvgPool2d", (op.size,)),))
