"""Rectified linear unit that stops at 6."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.relu6 import Relu6
from ...common.spec import Shape


def relu6(op: Relu6, x: Shape) -> Form:
    """layers.ReLU(max_value=6.0) in a chain, ops.relu6 elsewhere."""
    return Form((Make("layers.ReLU", (), {"max_value": 6.0}),), function="ops.relu6({0})")
