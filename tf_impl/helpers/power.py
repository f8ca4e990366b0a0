"""Each number to a fixed power."""

from keras import layers


class Power(layers.Layer):
    """x ** exponent; 0.5 is a square root, -1 a reciprocal."""

    def __init__(self, exponent):
        super().__init__()
        self.exponent = exponent

    def call(self, x):
        return x**self.exponent
