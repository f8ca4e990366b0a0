"""Concatenation along the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, Operand
from ...common.ops.concat import Concat
from ...common.spec import Shape


def concat(op: Concat, *shapes: Shape) -> Lowering:
    """layers.Concatenate() in a functional model, ops.concatenate elsewhere."""
    values = tuple(map(Operand, range(len(shapes))))
    return Lowering((Make("layers.Concatenate"),), function=Function("ops.concatenate", (values, -1)))
