"""The sum of the candidates of a layer, written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.mixed import Mixed
from ...common.spec import Shape


def mixed(op: Mixed, *shapes: Shape) -> Lowering:
    """MixedSum(candidates), called with what each candidate makes."""
    return Lowering((Make("MixedSum", (len(shapes),)),), helpers=("mixed_sum",))
