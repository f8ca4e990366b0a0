"""A frame of one constant as layers.ZeroPadding2D, or as ops.pad with a value; other frames are written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.pad import Pad
from ...common.spec import Shape
from ..pads import sides


def pad(op: Pad, x: Shape) -> Lowering:
    """layers.ZeroPadding2D(...), ConstantPadding2D(..., value), or OwnPadding2D(..., mode)."""
    if op.mode != "constant":
        return Lowering((Make("OwnPadding2D", (op.pads, op.mode), layer=False),), helpers=("own_padding2d",))
    if not op.value:
        return Lowering((Make("layers.ZeroPadding2D", (sides(op.pads),)),))
    make = Make("ConstantPadding2D", (sides(op.pads), op.value), layer=False)
    return Lowering((make,), helpers=("constant_padding2d",))
