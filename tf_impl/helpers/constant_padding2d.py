"""Padding with any number; Keras's own pads with zeros alone."""

from keras import layers, ops


class ConstantPadding2D(layers.ZeroPadding2D):
    """A frame of one number."""

    def __init__(self, padding, value):
        super().__init__(padding)
        self.value = value

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=self.value)
