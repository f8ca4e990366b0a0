"""Flatten in (H, W, C) order, as Keras users expect; the next layer's kernel is permuted to match.

See `diptych traps`: `dense_after_flatten`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.flatten import Flatten
from ...common.spec import Shape


def flatten(op: Flatten, x: Shape) -> Lowering:
    """layers.Flatten()."""
    return Lowering((Make("layers.Flatten"),))
