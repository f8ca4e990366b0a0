"""A run of channels."""

from keras import layers


class ChannelSlice(layers.Layer):
    """Channels start ... stop - 1."""

    def __init__(self, start, stop):
        super().__init__()
        self.start = start
        self.stop = stop

    def call(self, x):
        return x[..., self.start : self.stop]
