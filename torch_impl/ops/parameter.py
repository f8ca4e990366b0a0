"""A weight of a block itself, as nn.Parameter."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.parameter import Parameter


def parameter(op: Parameter) -> Lowering:
    """nn.Parameter(torch.ones(...)); where it is used, the attribute alone."""
    return Lowering((Make("nn.Parameter", (Make(f"torch.{op.init}", op.size),)),), attribute=True)
