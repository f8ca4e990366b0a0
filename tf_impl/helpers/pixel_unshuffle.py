"""Squares of a map as channels, in PyTorch's order."""

from keras import layers, ops


class PixelUnshuffle(layers.Layer):
    """Squares of block x block numbers as channels, those of one input channel side by side."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x):
        (_, h, w, c), b = x.shape, self.block
        squares = ops.reshape(x, (-1, h // b, b, w // b, b, c))
        squares = ops.transpose(squares, (0, 1, 3, 5, 2, 4))
        return ops.reshape(squares, (-1, h // b, w // b, b * b * c))
