"""Channels of zeros; Keras's own layers pad height and width alone."""

from keras import layers, ops


class ChannelPadding(layers.Layer):
    """Zeros before and after the channels of a map."""

    def __init__(self, before, after):
        super().__init__()
        self.before = before
        self.after = after

    def call(self, x):
        return ops.pad(x, ((0, 0), (0, 0), (0, 0), (self.before, self.after)))
