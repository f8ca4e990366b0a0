"""Scaled hyperbolic tangent."""

from keras import layers, ops


class ScaledTanh(layers.Layer):
    """amplitude * tanh(slope * x)."""

    def __init__(self, amplitude, slope):
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def call(self, x):
        return self.amplitude * ops.tanh(self.slope * x)
