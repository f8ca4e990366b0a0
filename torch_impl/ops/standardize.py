"""Standardisation of an image by fixed statistics, as a module with buffers."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.standardize import Standardize
from ...common.spec import Shape


def standardize(op: Standardize, x: Shape) -> Lowering:
    """Standardize(channels)."""
    return Lowering((Make("Standardize", (x[0],)),), helpers=("standardize",))
