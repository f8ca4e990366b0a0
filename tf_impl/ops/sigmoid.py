"""Logistic function."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.sigmoid import Sigmoid
from ...common.spec import Shape


def sigmoid(op: Sigmoid, x: Shape) -> Form:
    """layers.Activation("sigmoid") in a chain, ops.sigmoid elsewhere."""
    return Form((Make("layers.Activation", ("sigmoid",)),), function="ops.sigmoid({0})")
