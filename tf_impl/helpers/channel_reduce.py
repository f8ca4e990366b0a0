"""The mean, maximum or sum over channels."""

from keras import layers, ops


class ChannelReduce(layers.Layer):
    """The mean, "max" or "sum" of the channels at one place of each of `groups` runs, or of all channels."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def call(self, x):
        groups = self.groups or x.shape[-1]
        parts = ops.reshape(x, (-1, *x.shape[1:-1], groups, x.shape[-1] // groups))
        return {"mean": ops.mean, "max": ops.max, "sum": ops.sum}[self.how](parts, -2)
