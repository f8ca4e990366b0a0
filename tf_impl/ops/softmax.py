"""Softmax over the channels, over groups of them, or over places."""

from __future__ import annotations

from ...common.lowering import Function, Lowering, Make, X
from ...common.ops.softmax import Softmax
from ...common.spec import Shape


def softmax(op: Softmax, x: Shape) -> Lowering:
    """layers.Softmax() in a chain, ops.softmax elsewhere; GroupSoftmax(groups) or SpatialSoftmax()."""
    if op.over == "groups":
        return Lowering((Make("GroupSoftmax", (op.groups,), layer=False),), helpers=("group_softmax",))
    if op.over == "places":
        return Lowering((Make("SpatialSoftmax", layer=False),), helpers=("spatial_softmax",))
    return Lowering((Make("layers.Softmax"),), function=Function("ops.softmax", (X,)))
