"""Local response normalisation as nn.LocalResponseNorm."""

from __future__ import annotations

from ...common.lowering import Lowering, Make, given
from ...common.ops.local_response_norm import LocalResponseNorm
from ...common.spec import Shape


def local_response_norm(op: LocalResponseNorm, x: Shape) -> Lowering:
    """nn.LocalResponseNorm(size, ...)."""
    rest = given({"alpha": 1e-4, "beta": 0.75, "k": 1.0}, alpha=op.alpha, beta=op.beta, k=op.k)
    return Lowering((Make("nn.LocalResponseNorm", (op.size,), rest),))
