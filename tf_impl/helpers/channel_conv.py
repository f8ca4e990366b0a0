"""A convolution along the channels of a vector."""

from keras import layers, ops


class ChannelConv(layers.Layer):
    """A convolution along the channels of a vector, which is a row of numbers for it."""

    def __init__(self, kernel, padding, bias=False):
        super().__init__()
        self.weight = self.add_weight((kernel,), "he_normal")
        self.bias = self.add_weight((1,), "zeros") if bias else None
        self.padding = padding

    def call(self, x):
        return channel_conv(x, self.weight, self.bias, self.padding)


def channel_conv(x, weight, bias, padding):
    """The convolution, with the weight as a row of numbers."""
    row = ops.expand_dims(ops.pad(x, ((0, 0), (padding, padding))), -1)
    row = ops.conv(row, ops.reshape(weight, (-1, 1, 1)), 1, "valid")
    return row[..., 0] if bias is None else row[..., 0] + bias
