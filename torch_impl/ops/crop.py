"""What is inside a frame, as nn.ZeroPad2d with pads below zero."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.crop import Crop
from ...common.spec import Shape


def crop(op: Crop, x: Shape) -> Lowering:
    """nn.ZeroPad2d((-left, -right, -top, -bottom))."""
    return Lowering((Make("nn.ZeroPad2d", (tuple(-cut for cut in (*op.cuts[2:], *op.cuts[:2])),)),))
