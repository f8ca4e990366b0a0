"""Average pooling to a given size as layers.AdaptiveAveragePooling2D."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.spec import Shape


def adaptive_avg_pool(op: AdaptiveAvgPool, x: Shape) -> Form:
    """layers.AdaptiveAveragePooling2D(size)."""
    return Form((Make("layers.AdaptiveAveragePooling2D", (op.size,)),))
