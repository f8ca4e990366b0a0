"""Squares of a map as channels, in TensorFlow's order."""

from keras import layers, ops


class SpaceToDepth(layers.Layer):
    """Squares of block x block numbers as channels, in the order of tf.nn.space_to_depth."""

    def __init__(self, block):
        super().__init__()
        self.block = block

    def call(self, x):
        (_, h, w, c), b = x.shape, self.block
        squares = ops.reshape(x, (-1, h // b, b, w // b, b, c))
        return ops.reshape(ops.transpose(squares, (0, 1, 3, 2, 4, 5)), (-1, h // b, w // b, b * b * c))
