"""The product of two values."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.multiply import Multiply
from ...common.spec import Shape


def multiply(op: Multiply, x: Shape, y: Shape) -> Form:
    """layers.Multiply() in a functional model, x * y elsewhere."""
    return Form((Make("layers.Multiply"),), function="{0} * {1}")
