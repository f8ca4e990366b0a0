"""Squares of a map as channels, in TensorFlow's order."""

import torch
from torch import nn


class SpaceToDepth(nn.Module):
    """Squares of block x block numbers as channels, in the order of tf.nn.space_to_depth."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (n, c, h, w), b = x.shape, self.block
        squares = x.reshape(n, c, h // b, b, w // b, b)
        return squares.permute(0, 3, 5, 1, 2, 4).reshape(n, b * b * c, h // b, w // b)
