"""Channels as squares of a map, in TensorFlow's order."""

import torch
from torch import nn


class DepthToSpace(nn.Module):
    """Channels as squares of block x block numbers, in the order of tf.nn.depth_to_space."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        (n, c, h, w), b = x.shape, self.block
        squares = x.reshape(n, b, b, c // (b * b), h, w)
        return squares.permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)
