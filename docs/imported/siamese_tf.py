"""Siamese in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Chain(Sequential):
    def __init__(self):
        steps = [
            layers.Conv2D(4, 1),
            layers.Activation("tanh"),
        ]
        super().__init__(steps)


class Trunk(layers.Layer):
    """A trunk of its own class."""

    def __init__(self):
        super().__init__()
        body = [
            layers.Conv2D(4, 3),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.body = Sequential(body)
        self.out = layers.Conv2D(4, 3, strides=2)

    def call(self, x):
        x = self.body(x)
        return ops.silu(self.out(x))


class Siamese(keras.Model):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk()
        self.chain = Chain()
        self.layer = layers.Conv2D(4, 1)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        y = x[..., 0:1]
        z = x[..., 1:2]
        x = x[..., 2:3]
        y = self.trunk(y)
        z = self.trunk(z)
        x = self.trunk(x)
        y = self.chain(y)
        z = self.chain(z)
        y = gelu_exact(self.layer(y * z))
        x = gelu_exact(self.layer(x))
        return y + x


def gelu_exact(x):
    """x * Phi(x); Keras's own rounds its constants to float32."""
    return 0.5 * x * (1 + ops.erf(x * 0.5**0.5))
