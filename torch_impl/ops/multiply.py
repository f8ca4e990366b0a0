"""The product of two values."""

from __future__ import annotations

from ...common.form import Form
from ...common.ops.multiply import Multiply
from ...common.spec import Shape


def multiply(op: Multiply, x: Shape, y: Shape) -> Form:
    """x * y, with a gate (C, 1, 1) spread over the map."""
    return Form((), function="{0} * {1}")
