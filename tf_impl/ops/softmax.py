"""Softmax over the channels."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.softmax import Softmax
from ...common.spec import Shape


def softmax(op: Softmax, x: Shape) -> Form:
    """layers.Softmax() in a chain, ops.softmax elsewhere."""
    return Form((Make("layers.Softmax"),), function="ops.softmax({0})")
