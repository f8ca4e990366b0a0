"""Channel shuffle, written out."""

from keras import layers, ops


class ChannelShuffle(layers.Layer):
    """Channels in the order of their place within a group, then of their group."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(x, 3, 4), (-1, height, width, channels))
