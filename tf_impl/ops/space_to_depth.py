"""Squares of a map as channels in keras.ops."""

from __future__ import annotations

from typing import Any

from ...common.form import Form, Make
from ...common.ops.space_to_depth import SpaceToDepth
from ...common.spec import Shape


def squares_to_channels(x: Any, block: int, channels_first: bool) -> Any:
    """Squares of block x block numbers as channels: those of one input channel side by side, or those of one place."""
    from keras import ops

    _, height, width, channels = x.shape
    x = ops.reshape(x, (-1, height // block, block, width // block, block, channels))
    x = ops.transpose(x, (0, 1, 3, 5, 2, 4) if channels_first else (0, 1, 3, 2, 4, 5))
    return ops.reshape(x, (-1, height // block, width // block, block * block * channels))


def focused(x: Any) -> Any:
    """Squares of 2 x 2 numbers as channels, column by column, as in the stem of YOLOv5."""
    from keras import ops

    parts = (x[:, ::2, ::2], x[:, 1::2, ::2], x[:, ::2, 1::2], x[:, 1::2, 1::2])
    return ops.concatenate(parts, -1)


def space_to_depth(op: SpaceToDepth, x: Shape) -> Form:
    """Reshape, transpose and reshape, or four strided slices for the order of YOLOv5."""
    if op.order == "focus":
        return Form((Make("focused", layer=False),), function="focused({0})", helpers=(focused,))
    arguments = (int(op.block), op.order == "torch")
    function = f"squares_to_channels({{0}}, {arguments[0]}, {arguments[1]})"
    make = Make("squares_to_channels", arguments, layer=False)
    return Form((make,), function=function, helpers=(squares_to_channels,))
