"""Softmax over groups of channels."""

from keras import layers, ops


class GroupSoftmax(layers.Layer):
    """Softmax over the channels at one place of each of `groups` runs of channels."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        parts = ops.reshape(x, (-1, *x.shape[1:-1], self.groups, x.shape[-1] // self.groups))
        return ops.reshape(ops.softmax(parts, -2), (-1, *x.shape[1:]))
