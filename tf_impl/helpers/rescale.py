"""Multiplication by a constant and addition of another, which Keras's own rounds to float32.

See `diptych traps`: `rescaling_in_float64`.
"""

from keras import layers


class Rescale(layers.Layer):
    """x * factor + offset."""

    def __init__(self, factor, offset=0.0):
        super().__init__()
        self.factor = factor
        self.offset = offset

    def call(self, x):
        return x * self.factor + self.offset
