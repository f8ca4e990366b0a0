"""Channels as squares of a map, in PyTorch's order."""

from keras import layers, ops


class PixelShuffle(layers.Layer):
    """Channels that stand side by side as squares of block x block numbers."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x):
        (_, h, w, c), b = x.shape, self.block
        squares = ops.reshape(x, (-1, h, w, c // (b * b), b, b))
        return ops.reshape(ops.transpose(squares, (0, 1, 4, 2, 5, 3)), (-1, h * b, w * b, c // (b * b)))
