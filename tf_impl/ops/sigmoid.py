"""Logistic function."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.sigmoid import Sigmoid
from ...common.spec import Shape


def sigmoid(op: Sigmoid, x: Shape) -> Lowering:
    """layers.Activation("sigmoid") in a chain, ops.sigmoid elsewhere."""
    return Lowering((Make("layers.Activation", ("sigmoid",)),), function=Function("ops.sigmoid", (X,)))
