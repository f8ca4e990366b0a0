"""Mish."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.mish import Mish
from ...common.spec import Shape


def mish(op: Mish, x: Shape) -> Form:
    """nn.Mish() in a chain, nn.functional.mish elsewhere."""
    return Form((Make("nn.Mish"),), function="nn.functional.mish({0})")
