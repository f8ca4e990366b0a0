"""LeNet-5 (1998) in Keras, line for line the twin of its PyTorch file.

LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.B, figure 2 and table I.
"""

import keras
from keras import layers, ops


class Subsampling(layers.Layer):
    """Sum of each 2x2 window, times one coefficient per map, plus one bias per map, squashed (S2 and S4)."""

    def __init__(self, in_channels):
        super().__init__()
        self.avg_pool = layers.AveragePooling2D(2, 2)
        self.scale = ChannelScale(in_channels)
        self.scaled_tanh = ScaledTanh(1.7159, 0.6666666666666666)

    def call(self, x):
        x = self.avg_pool(x) * 4.0
        x = self.scale(x)
        return self.scaled_tanh(x)


class PartialConv(layers.Layer):
    """5x5 convolution to 16 maps that each read only some of the six maps before (C3, table I)."""

    def __init__(self):
        super().__init__()
        self.conv3 = layers.Conv2D(6, 5, groups=6)
        self.conv4 = layers.Conv2D(9, 5, groups=9)
        self.conv6 = layers.Conv2D(1, 5)

    def call(self, x):
        conv3 = self.conv3(ops.take(x, [0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5, 0, 4, 5, 0, 1, 5], -1))
        conv4 = self.conv4(ops.take(x, [int(i) for i in "012312342345034501450125013412450235"], -1))
        return ops.concatenate((conv3, conv4, self.conv6(x)), -1)


class LeNet51998(keras.Model):
    """LeNet-5 as printed; the output is the squared distance to each class, so that the smallest one wins."""

    def __init__(self):
        super().__init__()
        self.c1 = layers.Conv2D(6, 5)
        self.scaled_tanh = ScaledTanh(1.7159, 0.6666666666666666)
        self.s2 = Subsampling(6)
        self.c3 = PartialConv()
        self.scaled_tanh_1 = ScaledTanh(1.7159, 0.6666666666666666)
        self.s4 = Subsampling(16)
        self.c5 = layers.Conv2D(120, 5)
        self.scaled_tanh_2 = ScaledTanh(1.7159, 0.6666666666666666)
        self.flatten = layers.Flatten()
        self.f6 = layers.Dense(84)
        self.scaled_tanh_3 = ScaledTanh(1.7159, 0.6666666666666666)
        self.output_ = RadialBasis(84, 10)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.scaled_tanh(self.c1(x))
        x = self.s2(x)
        x = self.c3(x)
        x = self.scaled_tanh_1(x)
        x = self.s4(x)
        x = self.scaled_tanh_2(self.c5(x))
        x = self.flatten(x)
        x = self.scaled_tanh_3(self.f6(x))
        return self.output_(x)


class ChannelScale(layers.Layer):
    """x * weight + bias, with one number of each per channel of a map or of a vector."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.weight = self.add_weight((channels,), "ones")
        self.bias = self.add_weight((channels,), "zeros") if bias else None

    def call(self, x):
        # The channels are the last axis, so that the weights fit as they are.
        y = x * self.weight
        return y if self.bias is None else y + self.bias


class RadialBasis(layers.Layer):
    """Squared distances of a vector from fixed prototypes."""

    def __init__(self, features, classes):
        super().__init__()
        self.prototypes = self.add_weight((classes, features), "ones", trainable=False)

    def call(self, x):
        return ops.sum(ops.square(x[:, None] - self.prototypes), 2)


class ScaledTanh(layers.Layer):
    """amplitude * tanh(slope * x)."""

    def __init__(self, amplitude, slope):
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def call(self, x):
        return self.amplitude * ops.tanh(self.slope * x)
