"""The sum of the candidates of a layer, written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot
from ...common.ops.mixed import Mixed
from ...common.spec import Shape


def mixed(op: Mixed, *shapes: Shape) -> Lowering:
    """MixedSum(candidates); in a functional model, weights that are layers of their own, of which one is trained."""
    slots = tuple(Slot(name, "beta", "C") for name in ("theta", "gumbel", "temperature"))
    written = Make("MixedSum", (len(shapes),), layer=False)
    return Lowering((Make("mixed_maps", layer=False),), slots=slots, helpers=("mixed_sum",), written=written)
