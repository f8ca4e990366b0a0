"""Softmax over the channels, over groups of them, or over places."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softmax import Softmax
from ...common.spec import Shape


def softmax(op: Softmax, x: Shape) -> Lowering:
    """nn.Softmax(1) in a chain, nn.functional.softmax elsewhere; GroupSoftmax(groups) or SpatialSoftmax()."""
    if op.over == "groups":
        return Lowering((Make("GroupSoftmax", (op.groups,)),), helpers=("group_softmax",))
    if op.over == "places":
        return Lowering((Make("SpatialSoftmax"),), helpers=("spatial_softmax",))
    return Lowering((Make("nn.Softmax", (1,)),), function=Function("nn.functional.softmax", (X, 1)))
