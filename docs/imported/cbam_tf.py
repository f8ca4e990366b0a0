"""CBAM in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Mlp(Sequential):
    def __init__(self):
        steps = [
            layers.Dense(2),
            layers.ReLU(),
            layers.Dense(6),
        ]
        super().__init__(steps)


class Attention(layers.Layer):
    """CBAM (Woo et al. 2018): the channels, then the places."""

    def __init__(self):
        super().__init__()
        self.adaptive_avg_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.mlp = Mlp()
        self.max = AdaptiveMax(1)
        self.spatial = layers.Conv2D(1, 7, padding="same", use_bias=False)

    def call(self, x):
        y = self.adaptive_avg_pool(x)
        y = self.mlp(y)
        z = self.max(x)
        z = self.mlp(z)
        y = ops.sigmoid(y + z)
        x = x * y
        y = ops.mean(x, -1, keepdims=True)
        y = self.spatial(ops.concatenate((y, ops.max(x, -1, keepdims=True)), -1))
        y = ops.sigmoid(y)
        return x * y


class CBAM(keras.Model):
    def __init__(self):
        super().__init__()
        self.stem = layers.Conv2D(6, 3, strides=2)
        self.norm = layers.GroupNormalization(3, epsilon=1e-5)
        self.blocks = Sequential([Attention() for _ in range(2)])
        self.slope = layers.PReLU(shared_axes=(1, 2))

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = softplus(self.norm(self.stem(x)), 1.0, 20.0)
        x = self.blocks(x)
        return self.slope(x)


class AdaptiveMax(layers.Layer):
    """The maximum of rows i * m // n ... ceil((i + 1) * m / n) - 1 for each i of n, and so for columns."""

    def __init__(self, size):
        super().__init__()
        self.size = (size, size) if isinstance(size, int) else size

    def call(self, x):
        for axis in (1, 2):
            m, n = x.shape[axis], self.size[axis - 1]
            windows = [list(range(i * m // n, -(-(i + 1) * m // n))) for i in range(n)]
            parts = [ops.max(ops.take(x, window, axis), axis, keepdims=True) for window in windows]
            x = ops.concatenate(parts, axis)
        return x


# ChannelLinear of the PyTorch twin is layers.Dense, which takes the
# last axis of whatever it is given: the channels, here. nn.Linear
# takes the last axis too, where PyTorch has the columns. A
# convolution of kernel 1 is the same function; its weight has two
# more axes.


def softplus(x, beta, threshold):
    """log(1 + exp(beta * x)) / beta, and x itself where beta * x is above the threshold."""
    return ops.where(beta * x > threshold, x, ops.softplus(beta * x) / beta)
