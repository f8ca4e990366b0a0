"""A vector as a map of several places."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.unflatten import Unflatten
from ...common.spec import Shape


def unflatten(op: Unflatten, x: Shape) -> Lowering:
    """nn.Unflatten(1, (C, H, W)), or UnflattenLast(H, W, C) for the order of TensorFlow."""
    c, h, w = op.size
    if op.order == "torch":
        return Lowering((Make("nn.Unflatten", (1, (c, h, w))),))
    return Lowering((Make("UnflattenLast", (h, w, c)),), helpers=("unflatten_last",))
