"""A vector as a map of several places."""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.unflatten import Unflatten
from ...common.spec import Shape


def unflatten(op: Unflatten, x: Shape) -> Lowering:
    """layers.Reshape((H, W, C)), or Reshape((C, H, W)) and Permute for the order of PyTorch."""
    c, h, w = op.size
    if op.order == "tf":
        return Lowering((Make("layers.Reshape", ((h, w, c),)),))
    return Lowering((Make("layers.Reshape", ((c, h, w),)), Make("layers.Permute", ((2, 3, 1),))))
