"""Squares of a map as channels: nn.PixelUnshuffle, or modules of our own for the other orders."""

from __future__ import annotations

import torch
from torch import nn

from ...common.form import Form, Make
from ...common.ops.space_to_depth import SpaceToDepth as SpaceToDepthOp
from ...common.spec import Shape


class SpaceToDepth(nn.Module):
    """Squares of block x block numbers as channels, in the order of tf.nn.space_to_depth."""

    def __init__(self, block: int) -> None:
        super().__init__()
        self.block = block

    def extra_repr(self) -> str:
        return f"{self.block}"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (n, c, h, w), b = x.shape, self.block
        squares = x.reshape(n, c, h // b, b, w // b, b)
        return squares.permute(0, 3, 5, 1, 2, 4).reshape(n, b * b * c, h // b, w // b)


class Focus(nn.Module):
    """Squares of 2 x 2 numbers as channels, column by column, as in the stem of YOLOv5."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat((x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]), 1)


def space_to_depth(op: SpaceToDepthOp, x: Shape) -> Form:
    """nn.PixelUnshuffle(block), SpaceToDepth(block) or Focus()."""
    if op.order == "torch":
        return Form((Make("nn.PixelUnshuffle", (op.block,)),))
    if op.order == "tf":
        return Form((Make("SpaceToDepth", (op.block,)),), helpers=(SpaceToDepth,))
    return Form((Make("Focus"),), helpers=(Focus,))
