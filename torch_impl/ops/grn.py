"""Global response normalisation, written out."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.grn import Grn
from ...common.spec import Shape


def grn(op: Grn, x: Shape) -> Lowering:
    """GlobalResponseNorm(channels, eps=...)."""
    make = Make("GlobalResponseNorm", (x[0],), given({"eps": 1e-6}, eps=op.eps))
    return Lowering((make,), helpers=("global_response_norm",))
