"""The logarithm of a softmax over the channels."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.log_softmax import LogSoftmax
from ...common.spec import Shape


def log_softmax(op: LogSoftmax, x: Shape) -> Lowering:
    """nn.LogSoftmax(1) in a chain, nn.functional.log_softmax elsewhere."""
    return Lowering((Make("nn.LogSoftmax", (1,)),), function=Function("nn.functional.log_softmax", (X, 1)))
