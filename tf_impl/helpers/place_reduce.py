"""The mean, variance or norm over places."""

from keras import layers, ops


class PlaceReduce(layers.Layer):
    """For each channel, the "mean", biased "variance" or "norm" of its group, or of itself, over all places."""

    def __init__(self, how, groups=None):
        super().__init__()
        self.how, self.groups = how, groups

    def call(self, x):
        groups = self.groups or x.shape[-1]
        parts = ops.reshape(x, (-1, 1, 1, x.shape[1] * x.shape[2], groups, x.shape[-1] // groups))
        if self.how == "mean":
            found = ops.mean(parts, (3, 5))
        else:
            norm = self.how == "norm"
            found = ops.sqrt(ops.sum(ops.square(parts), (3, 5))) if norm else ops.var(parts, (3, 5))
        return ops.repeat(found, x.shape[-1] // groups, -1)
