"""The mean, maximum, sum or variance over channels."""

from keras import layers, ops


class ChannelReduce(layers.Layer):
    """The mean, "max", "sum" or variance of the channels at one place of each of `groups` runs, or of all channels."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def call(self, x):
        groups = self.groups or x.shape[-1]
        parts = ops.reshape(x, (-1, *x.shape[1:-1], groups, x.shape[-1] // groups))
        if self.how.endswith("variance"):
            return ops.var(parts, -2) * (groups / (groups - 1) if self.how == "sample_variance" else 1.0)
        return {"mean": ops.mean, "max": ops.max, "sum": ops.sum}[self.how](parts, -2)
