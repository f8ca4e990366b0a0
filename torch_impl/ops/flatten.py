"""Flatten in (C, H, W) order."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.flatten import Flatten
from ...common.spec import Shape


def flatten(op: Flatten, x: Shape) -> Form:
    """nn.Flatten()."""
    return Form((Make("nn.Flatten"),))
