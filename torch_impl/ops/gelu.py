"""Gaussian error linear unit, exact or in its tanh form."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.gelu import Gelu
from ...common.spec import Shape


def gelu(op: Gelu, x: Shape) -> Form:
    """nn.GELU() in a chain, nn.functional.gelu elsewhere."""
    if op.approximate:
        return Form(
            (Make("nn.GELU", (), {"approximate": "tanh"}),), function="nn.functional.gelu({0}, approximate='tanh')"
        )
    return Form((Make("nn.GELU"),), function="nn.functional.gelu({0})")
