"""The sum of two values."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.add import Add
from ...common.spec import Shape


def add(op: Add, x: Shape, y: Shape) -> Form:
    """layers.Add() in a functional model, x + y elsewhere."""
    return Form((Make("layers.Add"),), function="{0} + {1}")
