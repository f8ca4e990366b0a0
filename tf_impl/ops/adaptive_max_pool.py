"""Max pooling to a given size, written out.

See `diptych traps`: `adaptive_pool_windows`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.adaptive_max_pool import AdaptiveMaxPool
from ...common.spec import Shape


def adaptive_max_pool(op: AdaptiveMaxPool, x: Shape) -> Lowering:
    """AdaptiveMax(size)."""
    return Lowering((Make("AdaptiveMax", (op.size,), layer=False),), helpers=("adaptive_max",))
