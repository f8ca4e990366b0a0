"""Euclidean radial basis functions of built-in parts; a frozen layers.Embedding holds the prototypes."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot
from ...common.ops.rbf import Rbf
from ...common.spec import Shape


def rbf(op: Rbf, x: Shape) -> Lowering:
    """RadialBasis(features, classes); in a functional model, an embedding whose layer is named after the node."""
    return Lowering(
        (Make("rbf_distance", (op.prototypes,), layer=False),),
        slots=(Slot("prototypes", "embeddings", "O I"),),
        helpers=("radial_basis",),
        written=Make("RadialBasis", (x[0], op.prototypes), layer=False),
    )
