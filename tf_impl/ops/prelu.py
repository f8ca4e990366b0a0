"""Parametric rectified linear unit, with a slope for each channel: Keras has one for each number unless told otherwise.

See `diptych traps`: `prelu_shared_slopes`, `prelu_initial_slope`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.prelu import PRelu
from ...common.spec import Shape


def prelu(op: PRelu, x: Shape) -> Lowering:
    """layers.PReLU(shared_axes=...)."""
    axes = tuple(range(1, len(x) + op.shared))
    ones = "1 1 " if len(x) == 3 else ""
    make = Make("layers.PReLU", (), given({"shared_axes": ()}, shared_axes=axes))
    return Lowering((make,), slots=(Slot("weight", "alpha", f"{ones}C"),))
