"""Global response normalisation, written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, Slot, given
from ...common.ops.grn import Grn
from ...common.spec import Shape


def grn(op: Grn, x: Shape) -> Lowering:
    """GlobalResponseNorm(channels, eps=...); in a functional model, weights that are layers of their own."""
    return Lowering(
        (Make("normalised_responses", (op.eps,), layer=False),),
        slots=(Slot("weight", "beta", "C"), Slot("bias", "beta", "C")),
        helpers=("global_response_norm",),
        written=Make("GlobalResponseNorm", (x[0],), given({"eps": 1e-6}, eps=op.eps), layer=False),
    )
