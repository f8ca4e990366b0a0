"""Concatenation along the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Operand
from ...common.ops.concat import Concat
from ...common.spec import Shape


def concat(op: Concat, *shapes: Shape) -> Lowering:
    """torch.cat(values, 1)."""
    values = tuple(map(Operand, range(len(shapes))))
    return Lowering((), function=Function("torch.cat", (values, 1)))
