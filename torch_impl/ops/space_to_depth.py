"""Squares of a map as channels: nn.PixelUnshuffle, or modules of our own for the other orders."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.space_to_depth import SpaceToDepth
from ...common.spec import Shape


def space_to_depth(op: SpaceToDepth, x: Shape) -> Lowering:
    """nn.PixelUnshuffle(block), SpaceToDepth(block) or FocusSlices()."""
    if op.order == "torch":
        return Lowering((Make("nn.PixelUnshuffle", (op.block,)),))
    if op.order == "tf":
        return Lowering((Make("SpaceToDepth", (op.block,)),), helpers=("space_to_depth",))
    return Lowering((Make("FocusSlices"),), helpers=("focus",))
