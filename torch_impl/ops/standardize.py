"""Standardisation of an image by fixed statistics, as a module with buffers."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.standardize import Standardize
from ...common.spec import Shape


def standardize(op: Standardize, x: Shape) -> Form:
    """Standardize(channels)."""
    return Form((Make("Standardize", (x[0],)),), helpers=("standardize",))
