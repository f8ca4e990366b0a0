"""Shuffled in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Shuffled(keras.Model):
    def __init__(self):
        super().__init__()
        self.conv = layers.Conv2D(8, 3, padding="same")
        branch = [
            layers.Conv2D(4, 1),
            layers.ReLU(max_value=6.0),
        ]
        self.branch = Sequential(branch)
        self.channel_shuffle = ChannelShuffle(2)
        self.last = layers.Conv2D(4, 1, groups=2)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.conv(x)
        y = x[..., 0:4]
        x = x[..., 4:8]
        x = self.branch(x)
        x = ops.take(self.channel_shuffle(ops.concatenate((y, x), -1)), [7, 1, 2, 3, 4, 5, 6, 0], -1)
        x = self.last(x)
        y = x[..., 0:1]
        return ops.concatenate((ops.take(x[..., 1:4], [0, 2], -1), y), -1)


class ChannelShuffle(layers.Layer):
    """Channels in the order of their place within a group, then of their group."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(x, 3, 4), (-1, height, width, channels))
