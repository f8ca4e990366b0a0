"""ConvNeXt in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Last(layers.Layer):
    """A block of ConvNeXt (Liu et al. 2022), with channels last."""

    def __init__(self):
        super().__init__()
        self.dwconv = layers.DepthwiseConv2D(7, padding="same")
        self.norm = layers.LayerNormalization(epsilon=1e-6)
        self.pwconv1 = layers.Dense(16)
        self.pwconv2 = layers.Dense(4)
        self.gamma = self.add_weight((1, 1, 4), "ones")

    def call(self, x):
        y = self.pwconv1(self.norm(self.dwconv(x)))
        y = gelu_exact(y)
        y = self.pwconv2(y)
        return x + y * self.gamma


class ConvNeXt(keras.Model):
    def __init__(self):
        super().__init__()
        self.stem = layers.Conv2D(4, 4, strides=4)
        self.blocks = Sequential([Last() for _ in range(2)])
        self.norm = layers.LayerNormalization(epsilon=1e-5)
        self.head = layers.Dense(3)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.stem(x)
        x = self.blocks(x)
        return self.head(self.norm(ops.mean(x, (1, 2))))


# ChannelLinear of the PyTorch twin is layers.Dense, which takes the
# last axis of whatever it is given: the channels, here. nn.Linear
# takes the last axis too, where PyTorch has the columns. A
# convolution of kernel 1 is the same function; its weight has two
# more axes.


def gelu_exact(x):
    """x * Phi(x); Keras's own rounds its constants to float32."""
    return 0.5 * x * (1 + ops.erf(x * 0.5**0.5))


# LayerNorm2d of the PyTorch twin is layers.LayerNormalization,
# which normalises the last axis unless told otherwise: the
# channels, here. nn.LayerNorm normalises the last axes too, where
# PyTorch has the columns.
#
