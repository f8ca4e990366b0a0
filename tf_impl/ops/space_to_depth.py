"""Squares of a map as channels in keras.ops."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.space_to_depth import SpaceToDepth
from ...common.spec import Shape


def space_to_depth(op: SpaceToDepth, x: Shape) -> Form:
    """Reshape, transpose and reshape, or four strided slices for the order of YOLOv5."""
    if op.order == "focus":
        return Form((Make("Focus", layer=False),), helpers=("focus",))
    name, helper = ("PixelUnshuffle", "pixel_unshuffle") if op.order == "torch" else ("SpaceToDepth", "space_to_depth")
    return Form((Make(name, (op.block,), layer=False),), helpers=(helper,))
