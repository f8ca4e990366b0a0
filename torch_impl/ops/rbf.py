"""Euclidean radial basis functions as a module with a buffer."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.rbf import Rbf
from ...common.spec import Shape


def rbf(op: Rbf, x: Shape) -> Lowering:
    """RadialBasis(features, classes)."""
    return Lowering((Make("RadialBasis", (x[0], op.prototypes)),), helpers=("radial_basis",))
