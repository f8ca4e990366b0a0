"""Multiplication by a constant and addition of another; layers.Rescaling rounds both to float32 even in float64.

See `diptych traps`: `rescaling_in_float64`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Operator, X, given
from ...common.ops.rescale import Rescale
from ...common.spec import Shape


def rescale(op: Rescale, x: Shape) -> Lowering:
    """x * factor, or Rescale(factor, offset) where both are needed."""
    make = Make("Rescale", (op.factor,), given({"offset": 0.0}, offset=op.offset), layer=False)
    function = None if op.offset else Operator("*", X, op.factor)
    return Lowering((make,), function=function, helpers=("rescale",))
