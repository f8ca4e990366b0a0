"""Hyperbolic tangent."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.tanh import Tanh
from ...common.spec import Shape


def tanh(op: Tanh, x: Shape) -> Form:
    """layers.Activation("tanh") in a chain, ops.tanh elsewhere."""
    return Form((Make("layers.Activation", ("tanh",)),), function="ops.tanh({0})")
