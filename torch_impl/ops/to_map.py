"""A vector as a map of one place."""

from __future__ import annotations

from ...common.lowering import Item, Lowering, Make, X
from ...common.ops.to_map import ToMap
from ...common.spec import Shape


def to_map(op: ToMap, x: Shape) -> Lowering:
    """x[:, :, None, None], or nn.Unflatten in a chain."""
    function = Item(X, (slice(None), slice(None), None, None))
    return Lowering((Make("nn.Unflatten", (1, (x[0], 1, 1))),), function=function)
