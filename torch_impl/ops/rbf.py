"""Euclidean radial basis functions as a module with a buffer."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.rbf import Rbf
from ...common.spec import Shape


def rbf(op: Rbf, x: Shape) -> Form:
    """RadialBasis(features, classes)."""
    return Form((Make("RadialBasis", (x[0], op.prototypes)),), helpers=("radial_basis",))
