"""Average pooling to a given size; layers.AdaptiveAveragePooling2D fails in a graph where a size is 1.

See `diptych traps`: `adaptive_pool_windows`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.adaptive_avg_pool import AdaptiveAvgPool
from ...common.spec import Shape


def adaptive_avg_pool(op: AdaptiveAvgPool, x: Shape) -> Lowering:
    """layers.AdaptiveAveragePooling2D(size); the global average at size 1 x 1, a class of our own at 1 x n."""
    if op.size == (1, 1):
        return Lowering((Make("layers.GlobalAveragePooling2D", (), {"keepdims": True}),))
    if 1 not in op.size:
        return Lowering((Make("layers.AdaptiveAveragePooling2D", (op.size,)),))
    return Lowering((Make("AdaptiveAverage", (op.size,), layer=False),), helpers=("adaptive_average",))
