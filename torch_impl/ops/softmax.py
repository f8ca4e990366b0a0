"""Softmax over the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softmax import Softmax
from ...common.spec import Shape


def softmax(op: Softmax, x: Shape) -> Lowering:
    """nn.Softmax(1) in a chain, nn.functional.softmax elsewhere."""
    return Lowering((Make("nn.Softmax", (1,)),), function=Function("nn.functional.softmax", (X, 1)))
