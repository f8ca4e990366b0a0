"""Flatten in (C, H, W) order."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.flatten import Flatten
from ...common.spec import Shape


def flatten(op: Flatten, x: Shape) -> Lowering:
    """nn.Flatten()."""
    return Lowering((Make("nn.Flatten"),))
