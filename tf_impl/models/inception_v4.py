"""Inception-v4 (timm) in Keras, line for line the twin of its PyTorch file.

Szegedy et al. 2016, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, figure 9.
"""

import keras
from keras import Sequential, layers, ops


class ConvBn(layers.Layer):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels, kernel, stride=1, pad=(0, 0)):
        super().__init__()
        self.conv = padded(pad, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(momentum=0.9)

    def call(self, x):
        return ops.relu(self.bn(self.conv(x)))


class InceptionC(layers.Layer):
    """Module of the 8x8 grid (figure 6)."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(256, (1, 1))
        self.branch1_0 = ConvBn(384, (1, 1))
        self.branch1_1a = ConvBn(256, (1, 3), pad=(0, 1))
        self.branch1_1b = ConvBn(256, (3, 1), pad=(1, 0))
        self.branch2_0 = ConvBn(384, (1, 1))
        self.branch2_1 = ConvBn(448, (3, 1), pad=(1, 0))
        self.branch2_2 = ConvBn(512, (1, 3), pad=(0, 1))
        self.branch2_3a = ConvBn(256, (1, 3), pad=(0, 1))
        self.branch2_3b = ConvBn(256, (3, 1), pad=(1, 0))
        branch3 = [
            layers.AveragePooling2D(3, 1, padding="same"),
            ConvBn(256, (1, 1)),
        ]
        self.branch3 = Sequential(branch3)

    def call(self, x):
        branch0 = self.branch0(x)
        y = self.branch1_0(x)
        branch1_1a = self.branch1_1a(y)
        branch1_1b = self.branch1_1b(y)
        branch1 = ops.concatenate((branch1_1a, branch1_1b), -1)
        y = self.branch2_0(x)
        y = self.branch2_1(y)
        y = self.branch2_2(y)
        branch2_3a = self.branch2_3a(y)
        branch2_3b = self.branch2_3b(y)
        branch2 = ops.concatenate((branch2_3a, branch2_3b), -1)
        branch3 = self.branch3(x)
        return ops.concatenate((branch0, branch1, branch2, branch3), -1)


class ReductionB(layers.Layer):
    """From 17x17 to 8x8 (figure 8)."""

    def __init__(self):
        super().__init__()
        self.branch0 = Sequential([ConvBn(192, (1, 1)), ConvBn(192, (3, 3), stride=2)])
        branch1 = [
            ConvBn(256, (1, 1)),
            ConvBn(256, (1, 7), pad=(0, 3)),
            ConvBn(320, (7, 1), pad=(3, 0)),
            ConvBn(320, (3, 3), stride=2),
        ]
        self.branch1 = Sequential(branch1)
        self.branch2 = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return ops.concatenate((branch0, branch1, self.branch2(x)), -1)


class InceptionB(layers.Layer):
    """Module of the 17x17 grid (figure 5)."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(384, (1, 1))
        branch1 = [
            ConvBn(192, (1, 1)),
            ConvBn(224, (1, 7), pad=(0, 3)),
            ConvBn(256, (7, 1), pad=(3, 0)),
        ]
        self.branch1 = Sequential(branch1)
        branch2 = [
            ConvBn(192, (1, 1)),
            ConvBn(192, (7, 1), pad=(3, 0)),
            ConvBn(224, (1, 7), pad=(0, 3)),
            ConvBn(224, (7, 1), pad=(3, 0)),
            ConvBn(256, (1, 7), pad=(0, 3)),
        ]
        self.branch2 = Sequential(branch2)
        branch3 = [
            layers.AveragePooling2D(3, 1, padding="same"),
            ConvBn(128, (1, 1)),
        ]
        self.branch3 = Sequential(branch3)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return ops.concatenate((branch0, branch1, branch2, branch3), -1)


class ReductionA(layers.Layer):
    """From 35x35 to 17x17 (figure 7, k = 192, l = 224, m = 256, n = 384)."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(384, (3, 3), stride=2)
        branch1 = [
            ConvBn(192, (1, 1)),
            ConvBn(224, (3, 3), pad=(1, 1)),
            ConvBn(256, (3, 3), stride=2),
        ]
        self.branch1 = Sequential(branch1)
        self.branch2 = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return ops.concatenate((branch0, branch1, self.branch2(x)), -1)


class InceptionA(layers.Layer):
    """Module of the 35x35 grid (figure 4)."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(96, (1, 1))
        self.branch1 = Sequential([ConvBn(64, (1, 1)), ConvBn(96, (3, 3), pad=(1, 1))])
        branch2 = [
            ConvBn(64, (1, 1)),
            ConvBn(96, (3, 3), pad=(1, 1)),
            ConvBn(96, (3, 3), pad=(1, 1)),
        ]
        self.branch2 = Sequential(branch2)
        branch3 = [
            layers.AveragePooling2D(3, 1, padding="same"),
            ConvBn(96, (1, 1)),
        ]
        self.branch3 = Sequential(branch3)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return ops.concatenate((branch0, branch1, branch2, branch3), -1)


class ConvOrPool(layers.Layer):
    """Half the size by a convolution and by a pool (figure 3, third fork)."""

    def __init__(self):
        super().__init__()
        self.conv = ConvBn(192, (3, 3), stride=2)
        self.maxpool = layers.MaxPooling2D(3, 2)

    def call(self, x):
        conv = self.conv(x)
        return ops.concatenate((conv, self.maxpool(x)), -1)


class ShortOrLong(layers.Layer):
    """A 3x3 convolution, and one after a 7x7 in two steps (figure 3, second fork)."""

    def __init__(self):
        super().__init__()
        self.branch0 = Sequential([ConvBn(64, (1, 1)), ConvBn(96, (3, 3))])
        branch1 = [
            ConvBn(64, (1, 1)),
            ConvBn(64, (1, 7), pad=(0, 3)),
            ConvBn(64, (7, 1), pad=(3, 0)),
            ConvBn(96, (3, 3)),
        ]
        self.branch1 = Sequential(branch1)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return ops.concatenate((branch0, branch1), -1)


class PoolOrConv(layers.Layer):
    """Half the size by a pool and by a convolution (figure 3, first fork)."""

    def __init__(self):
        super().__init__()
        self.maxpool = layers.MaxPooling2D(3, 2)
        self.conv = ConvBn(96, (3, 3), stride=2)

    def call(self, x):
        pooled = self.maxpool(x)
        conv = self.conv(x)
        return ops.concatenate((pooled, conv), -1)


class InceptionV4Timm(keras.Model):
    """Inception-v4."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvBn(32, (3, 3), stride=2),
            ConvBn(32, (3, 3)),
            ConvBn(64, (3, 3), pad=(1, 1)),
            PoolOrConv(),
            ShortOrLong(),
            ConvOrPool(),
            *[InceptionA() for _ in range(4)],
            ReductionA(),
            *[InceptionB() for _ in range(7)],
            ReductionB(),
            *[InceptionC() for _ in range(3)],
        ]
        self.features = Sequential(features)
        self.last_linear = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        return self.last_linear(ops.mean(x, (1, 2)))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
