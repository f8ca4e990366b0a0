"""Numbers held between two bounds."""

from keras import layers, ops


class Clamp(layers.Layer):
    """Numbers held between two bounds, of which one may be None."""

    def __init__(self, low, high):
        super().__init__()
        self.low, self.high = low, high

    def call(self, x):
        return clamp(x, self.low, self.high)


def clamp(x, low, high):
    """Numbers held between two bounds; ops.clip needs both."""
    x = x if low is None else ops.maximum(x, low)
    return x if high is None else ops.minimum(x, high)
