"""Channels as squares of a map in keras.ops.

See `diptych traps`: `pixel_shuffle_channels`.
"""

from __future__ import annotations

from ...common.lowering import Lowering, Make
from ...common.ops.depth_to_space import DepthToSpace
from ...common.spec import Shape


def depth_to_space(op: DepthToSpace, x: Shape) -> Lowering:
    """PixelShuffle(block) or DepthToSpace(block): reshape, transpose and reshape."""
    name, helper = ("PixelShuffle", "pixel_shuffle") if op.order == "torch" else ("DepthToSpace", "depth_to_space")
    return Lowering((Make(name, (op.block,), layer=False),), helpers=(helper,))
