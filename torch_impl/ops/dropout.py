"""Dropout as nn.Dropout."""

from __future__ import annotations

from ...common.form import Form, Make
from ...common.ops.dropout import Dropout
from ...common.spec import Shape


def dropout(op: Dropout, x: Shape) -> Form:
    """nn.Dropout(rate)."""
    return Form((Make("nn.Dropout", (op.rate,)),))
