"""Channels as squares of a map: nn.PixelShuffle, or a module of our own for TensorFlow's order.

See `diptych traps`: `pixel_shuffle_channels`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.depth_to_space import DepthToSpace
from ...common.spec import Shape


def depth_to_space(op: DepthToSpace, x: Shape) -> Lowering:
    """nn.PixelShuffle(block) or DepthToSpace(block)."""
    if op.order == "torch":
        return Lowering((Make("nn.PixelShuffle", (op.block,)),))
    return Lowering((Make("DepthToSpace", (op.block,)),), helpers=("depth_to_space",))
