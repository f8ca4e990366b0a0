"""What is inside a frame, as layers.Cropping2D."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.crop import Crop
from ...common.spec import Shape
from ..pads import sides


def crop(op: Crop, x: Shape) -> Lowering:
    """layers.Cropping2D(...)."""
    return Lowering((Make("layers.Cropping2D", (sides(op.cuts),)),))
