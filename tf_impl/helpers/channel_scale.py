"""A trainable factor, and where wanted an offset, per channel."""

from keras import layers


class ChannelScale(layers.Layer):
    """x * weight + bias, with one number of each per channel of a map or of a vector."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.weight = self.add_weight((channels,), "ones")
        self.bias = self.add_weight((channels,), "zeros") if bias else None

    def call(self, x):
        # The channels are the last axis, so that the weights fit as they are.
        y = x * self.weight
        return y if self.bias is None else y + self.bias
