"""A fully connected layer as layers.Dense; after a flatten its kernel rows go in (H W C) order.

See `diptych traps`: `dense_after_flatten`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.linear import Linear
from ...common.spec import Shape


def linear(op: Linear, x: Shape) -> Lowering:
    """layers.Dense(out)."""
    make = Make("layers.Dense", (op.features,), given({"use_bias": True}, use_bias=op.bias))
    kernel = Slot("weight", "kernel", "(H W C) O" if op.folded else "I O")
    return Lowering((make,), slots=(kernel, Slot("bias", "bias", "O")) if op.bias else (kernel,))
