"""A frame of one constant as layers.ZeroPadding2D, or as ops.pad with a value."""

from __future__ import annotations

from ...common.form import Form, Make, literal
from ...common.ops.pad import Pad
from ...common.spec import Shape


def pad(op: Pad, x: Shape) -> Form:
    """layers.ZeroPadding2D(...), or ops.pad(x, ..., constant_values=value)."""
    top, bottom, left, right = map(int, op.pads)
    if not op.value:
        return Form((Make("layers.ZeroPadding2D", (((top, bottom), (left, right)),)),))
    widths = ((0, 0), (top, bottom), (left, right), (0, 0))
    make = Make("ops.pad", (widths,), {"constant_values": op.value}, layer=False)
    return Form((make,), function=f"ops.pad({{0}}, {widths}, constant_values={literal(op.value)})")
