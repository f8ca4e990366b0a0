"""A frame of one constant as nn.ZeroPad2d or nn.ConstantPad2d, and one of the map's own numbers."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.pad import Pad
from ...common.spec import Shape

OWN = {"reflect": "nn.ReflectionPad2d", "replicate": "nn.ReplicationPad2d", "circular": "nn.CircularPad2d"}


def pad(op: Pad, x: Shape) -> Lowering:
    """nn.ZeroPad2d((left, right, top, bottom)), nn.ConstantPad2d with a value, or the layer of another mode."""
    pads = (*op.pads[2:], *op.pads[:2])
    if op.mode != "constant":
        return Lowering((Make(OWN[op.mode], (pads,)),))
    make = Make("nn.ConstantPad2d", (pads, op.value)) if op.value else Make("nn.ZeroPad2d", (pads,))
    return Lowering((make,))
