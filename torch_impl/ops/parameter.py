"""A weight of a block itself, as nn.Parameter."""

from __future__ import annotations

from ...common.lowering import Attribute, Function, Lowering, Make, X
from ...common.ops.parameter import Parameter


def parameter(op: Parameter) -> Lowering:
    """nn.Parameter(torch.ones(...)); where it is used, the attribute alone, or in the shape that it is spread from."""
    size = op.size if op.stored is None else op.stored
    made = Make("nn.Parameter", (Make(f"torch.{op.init}", size or ((),)),))
    reshaped = Function(Attribute(X, "reshape"), op.size)
    return Lowering((made,), attribute=True, read=None if op.stored is None else reshaped)
