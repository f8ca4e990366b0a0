"""Logistic function."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.sigmoid import Sigmoid
from ...common.spec import Shape


def sigmoid(op: Sigmoid, x: Shape) -> Lowering:
    """nn.Sigmoid() in a chain, torch.sigmoid elsewhere."""
    return Lowering((Make("nn.Sigmoid"),), function=Function("torch.sigmoid", (X,)))
