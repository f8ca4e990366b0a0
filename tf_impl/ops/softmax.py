"""Softmax over the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softmax import Softmax
from ...common.spec import Shape


def softmax(op: Softmax, x: Shape) -> Lowering:
    """layers.Softmax() in a chain, ops.softmax elsewhere."""
    return Lowering((Make("layers.Softmax"),), function=Function("ops.softmax", (X,)))
