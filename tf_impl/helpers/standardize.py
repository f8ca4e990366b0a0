"""Standardisation by a fixed mean and variance; layers.Normalization cannot be built inside the call of a model."""

from keras import layers, ops


class Standardize(layers.Layer):
    """(x - mean) / standard deviation, with a fixed mean and variance per channel."""

    def __init__(self, channels):
        super().__init__()
        self.mean = self.add_weight((channels,), "zeros", trainable=False)
        self.variance = self.add_weight((channels,), "ones", trainable=False)

    def call(self, x):
        deviation = ops.maximum(ops.sqrt(self.variance), 1e-7)
        return (x - self.mean) / deviation
