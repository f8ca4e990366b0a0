"""Channels of zeros; Keras's own layers pad height and width alone."""

from keras import layers, ops


class ChannelPadding(layers.Layer):
    """Zeros before and after the channels of a map; of TensorFlow's pad, a compiled graph beside a convolution dies."""

    def __init__(self, before, after):
        super().__init__()
        self.before = before
        self.after = after

    def call(self, x):
        zero = ops.zeros_like(x[..., :1])
        return ops.concatenate([zero] * self.before + [x] + [zero] * self.after, -1)
