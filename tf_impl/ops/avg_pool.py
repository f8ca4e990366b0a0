"""Average pooling as layers.AveragePooling2D; where a window divides by less than its area, it is written out.

See `diptych traps`: `average_pool_counts_padding`, `average_pool_ceil_mode_divisor`.
"""

from __future__ import annotations

from ...common.geometry import is_same
from ...common.lowering import Lowering, Make, given
from ...common.ops.avg_pool import AvgPool
from ...common.spec import Shape
from ..pads import zero_padding

DEFAULTS = {"pads": (0, 0, 0, 0), "ceil_mode": False, "include_pad": True}


def avg_pool(op: AvgPool, x: Shape) -> Lowering:
    """layers.AveragePooling2D(kernel, stride, ...); its own padding="same" leaves the padding out of the mean."""
    flat = op.pads == (0, 0, 0, 0)
    if not flat and not op.count_include_pad and is_same(op.pads, op.kernel, op.stride):
        return Lowering((Make("layers.AveragePooling2D", (op.kernel, op.stride), {"padding": "same"}),))
    if not op.ceil_mode and (flat or op.count_include_pad):
        before = zero_padding(op.explicit((x[1], x[2])) if op.pads == "same" else op.pads)
        pool = Make("layers.AveragePooling2D", (op.kernel, op.stride))
        return Lowering((*before, pool), helpers=("padded",) if before else ())
    rest = given(DEFAULTS, pads=op.pads, ceil_mode=op.ceil_mode, include_pad=op.count_include_pad)
    make = Make("CountedAveragePooling2D", (op.kernel, op.stride), rest, layer=False)
    return Lowering((make,), helpers=("counted_average_pooling2d",))
