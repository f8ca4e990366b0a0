"""Mish."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.mish import Mish
from ...common.spec import Shape


def mish(op: Mish, x: Shape) -> Form:
    """layers.Activation("mish") in a chain, keras.activations.mish elsewhere."""
    return Form((Make("layers.Activation", ("mish",)),), function="keras.activations.mish({0})")
