"""Rectified linear unit."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.relu import Relu
from ...common.spec import Shape


def relu(op: Relu, x: Shape) -> Form:
    """layers.ReLU() in a chain, ops.relu elsewhere."""
    return Form((Make("layers.ReLU"),), function="ops.relu({0})")
