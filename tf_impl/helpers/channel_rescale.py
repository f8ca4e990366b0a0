"""Multiplication of each channel by a constant of its own, which Keras's own rounds to float32.

See `diptych traps`: `rescaling_in_float64`.
"""

from keras import layers, ops


class ChannelRescale(layers.Layer):
    """Each channel times its factor."""

    def __init__(self, *factors):
        super().__init__()
        self.factors = factors

    def call(self, x):
        return ops.stack([x[..., index] * factor for index, factor in enumerate(self.factors)], -1)
