"""A constant of its own added to each channel, which Keras's own rounds to float32.

See `diptych traps`: `rescaling_in_float64`.
"""

from keras import layers, ops


class ChannelOffset(layers.Layer):
    """Each channel plus its offset."""

    def __init__(self, *offsets):
        super().__init__()
        self.offsets = offsets

    def call(self, x):
        return ops.stack([x[..., index] + offset for index, offset in enumerate(self.offsets)], -1)
