"""Softmax over the places of a map."""

from keras import layers, ops


class SpatialSoftmax(layers.Layer):
    """Softmax over the places of each channel."""

    def call(self, x):
        rows = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        return ops.reshape(ops.softmax(rows, 1), (-1, *x.shape[1:]))
