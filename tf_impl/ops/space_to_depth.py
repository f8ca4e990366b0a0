"""Squares of a map as channels in keras.ops.

See `diptych traps`: `focus_channels`, `pixel_shuffle_channels`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.space_to_depth import SpaceToDepth
from ...common.spec import Shape


def space_to_depth(op: SpaceToDepth, x: Shape) -> Lowering:
    """Reshape, transpose and reshape, or four strided slices for the order of YOLOv5."""
    if op.order == "focus":
        return Lowering((Make("FocusSlices", layer=False),), helpers=("focus",))
    name, helper = ("PixelUnshuffle", "pixel_unshuffle") if op.order == "torch" else ("SpaceToDepth", "space_to_depth")
    return Lowering((Make(name, (op.block,), layer=False),), helpers=(helper,))
