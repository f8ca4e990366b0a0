"""Logistic function."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.sigmoid import Sigmoid
from ...common.spec import Shape


def sigmoid(op: Sigmoid, x: Shape) -> Lowering:
    """layers.Activation("sigmoid") in a chain, ops.sigmoid elsewhere."""
    return Lowering((Make("layers.Activation", ("sigmoid",)),), function="ops.sigmoid({0})")
