"""Flatten in an order of one's own."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.ordered_flatten import OrderedFlatten
from ...common.spec import Shape


def ordered_flatten(op: OrderedFlatten, x: Shape) -> Lowering:
    """nn.Flatten() for the order of PyTorch, FlattenAs(*axes) for another."""
    axes = op.axes("NCHW")
    if axes == (1, 2, 3):
        return Lowering((Make("nn.Flatten"),))
    return Lowering((Make("FlattenAs", axes),), helpers=("flatten_as",))
