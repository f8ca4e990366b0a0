"""Dropout as layers.Dropout."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.dropout import Dropout
from ...common.spec import Shape


def dropout(op: Dropout, x: Shape) -> Lowering:
    """layers.Dropout(rate)."""
    return Lowering((Make("layers.Dropout", (op.rate,)),))
