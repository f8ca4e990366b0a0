"""Dropout as layers.Dropout."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.dropout import Dropout
from ...common.spec import Shape


def dropout(op: Dropout, x: Shape) -> Form:
    """layers.Dropout(rate)."""
    return Form((Make("layers.Dropout", (op.rate,)),))
