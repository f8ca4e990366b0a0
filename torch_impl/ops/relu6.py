"""Rectified linear unit that stops at 6."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.relu6 import Relu6
from ...common.spec import Shape


def relu6(op: Relu6, x: Shape) -> Lowering:
    """nn.ReLU6() in a chain, F.relu6 elsewhere."""
    return Lowering((Make("nn.ReLU6"),), function=Function("nn.functional.relu6", (X,)))
