"""Standardisation of an image by fixed statistics as layers.Normalization, which means to learn them in `adapt`.

It computes with copies of its weights, made where it is built, and anew only on loading a file. In a functional model
`state.settle` sees to them. In a model that is built in its first call they would be tensors of a graph that is gone,
so that an emitted file writes the layer out.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot
from ...common.ops.standardize import Standardize
from ...common.spec import Shape


def standardize(op: Standardize, x: Shape) -> Lowering:
    """Standardize(channels); in a functional model, layers.Normalization()."""
    slots = (Slot("mean", "adapt_mean", "C"), Slot("variance", "adapt_variance", "C"))
    made, written = Make("layers.Normalization"), Make("Standardize", (x[0],), layer=False)
    return Lowering((made,), slots=slots, helpers=("standardize",), written=written)
