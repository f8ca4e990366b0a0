"""Channels as squares of a map, in TensorFlow's order."""

from keras import layers, ops


class DepthToSpace(layers.Layer):
    """Channels as squares of block x block numbers, in the order of tf.nn.depth_to_space."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x):
        (_, h, w, c), b = x.shape, self.block
        squares = ops.reshape(x, (-1, h, w, b, b, c // (b * b)))
        return ops.reshape(ops.transpose(squares, (0, 1, 3, 2, 4, 5)), (-1, h * b, w * b, c // (b * b)))
