"""The logarithm of a softmax over the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.log_softmax import LogSoftmax
from ...common.spec import Shape


def log_softmax(op: LogSoftmax, x: Shape) -> Lowering:
    """layers.Activation("log_softmax") in a chain, ops.log_softmax elsewhere."""
    return Lowering((Make("layers.Activation", ("log_softmax",)),), function=Function("ops.log_softmax", (X,)))
