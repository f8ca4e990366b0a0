"""Padding and strided rows and columns, before a convolution with a stride and a dilation."""

from keras import layers, ops


class SkippingPadding2D(layers.Layer):
    """Zeros (top, bottom, left, right), and then every so many of the rows and of the columns."""

    def __init__(self, pads, steps):
        super().__init__()
        self.pads, self.steps = (pads[:2], pads[2:]), (steps, steps) if isinstance(steps, int) else steps

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.pads, (0, 0)))[:, :: self.steps[0], :: self.steps[1]]
