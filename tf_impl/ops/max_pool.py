"""Max pooling as layers.MaxPooling2D, after padding with minus infinity where SAME does not say it.

See `diptych traps`: `max_pool_pads_with_minus_infinity`, `max_pool_same_at_stride_2`, `ceil_mode_adds_a_window`.
"""

from __future__ import annotations

from ...common.geometry import is_same
from ...common.lowering import Lowering, Make, given
from ...common.ops.max_pool import MaxPool
from ...common.spec import Shape
from ..pads import infinite_padding


def max_pool(op: MaxPool, x: Shape) -> Lowering:
    """layers.MaxPooling2D(kernel, stride, ...)."""
    pads = op.explicit((x[1], x[2])) if op.pads != "same" else op.pads
    same = is_same(pads, op.kernel, op.stride) and pads != (0, 0, 0, 0)
    rest = given({"padding": "valid"}, padding="same" if same else "valid")
    pool = Make("layers.MaxPooling2D", (op.kernel, op.stride), rest)
    if same or pads == (0, 0, 0, 0):
        return Lowering((pool,))
    return Lowering((*infinite_padding(pads), pool), helpers=("infinite_padding2d",))
