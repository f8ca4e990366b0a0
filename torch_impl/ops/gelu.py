"""Gaussian error linear unit, exact or by its tanh formula."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu(op: Gelu, x: Shape) -> Lowering:
    """nn.GELU() in a chain, nn.functional.gelu elsewhere."""
    if op.approximate:
        return Lowering(
            (Make("nn.GELU", (), {"approximate": "tanh"}),), function="nn.functional.gelu({0}, approximate='tanh')"
        )
    return Lowering((Make("nn.GELU"),), function="nn.functional.gelu({0})")
