"""A frame of one constant as nn.ZeroPad2d or nn.ConstantPad2d."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.pad import Pad
from ...common.spec import Shape


def pad(op: Pad, x: Shape) -> Lowering:
    """nn.ZeroPad2d((left, right, top, bottom)), or nn.ConstantPad2d with a value."""
    pads = (*op.pads[2:], *op.pads[:2])
    make = Make("nn.ConstantPad2d", (pads, op.value)) if op.value else Make("nn.ZeroPad2d", (pads,))
    return Lowering((make,))
