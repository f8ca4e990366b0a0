"""Flatten in an order of one's own."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.ordered_flatten import OrderedFlatten
from ...common.spec import Shape


def ordered_flatten(op: OrderedFlatten, x: Shape) -> Lowering:
    """layers.Flatten() for the order of Keras, after layers.Permute(axes) for another."""
    axes = op.axes("NHWC")
    before = () if axes == (1, 2, 3) else (Make("layers.Permute", (axes,)),)
    return Lowering((*before, Make("layers.Flatten")))
