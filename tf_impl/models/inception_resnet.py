"""Inception-ResNet-v2 (timm) in Keras, line for line the twin of its PyTorch file.

Szegedy et al. 2016, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, figure 15.
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


class LastBlock8(layers.Layer):
    """The last residual module, neither scaled nor activated."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(widths[0], (1, 1))
        branch1 = [
            ConvBn(widths[1], (1, 1)),
            ConvBn(widths[2], (1, 3), pad=(0, 1)),
            ConvBn(widths[3], (3, 1), pad=(1, 0)),
        ]
        self.branch1 = Sequential(branch1)
        self.conv2d = layers.Conv2D(in_channels, 1)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return x + self.conv2d(ops.concatenate((branch0, branch1), -1))


class Block8(layers.Layer):
    """Residual module of the 8x8 grid (figures 13 and 19)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(widths[0], (1, 1))
        branch1 = [
            ConvBn(widths[1], (1, 1)),
            ConvBn(widths[2], (1, 3), pad=(0, 1)),
            ConvBn(widths[3], (3, 1), pad=(1, 0)),
        ]
        self.branch1 = Sequential(branch1)
        self.conv2d = layers.Conv2D(in_channels, 1)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        y = self.conv2d(ops.concatenate((branch0, branch1), -1)) * 0.2
        return ops.relu(x + y)


class Mixed7a(layers.Layer):
    """From 17x17 to 8x8 (figures 12 and 18)."""

    def __init__(self, widths):
        super().__init__()
        self.branch0 = Sequential([ConvBn(256, (1, 1)), ConvBn(widths[0], (3, 3), stride=2)])
        self.branch1 = Sequential([ConvBn(256, (1, 1)), ConvBn(widths[1], (3, 3), stride=2)])
        branch2 = [
            ConvBn(256, (1, 1)),
            ConvBn(widths[2], (3, 3), pad=(1, 1)),
            ConvBn(widths[3], (3, 3), stride=2),
        ]
        self.branch2 = Sequential(branch2)
        self.branch3 = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        return ops.concatenate((branch0, branch1, branch2, self.branch3(x)), -1)


class Block17(layers.Layer):
    """Residual module of the 17x17 grid (figures 11 and 17)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(widths[0], (1, 1))
        branch1 = [
            ConvBn(widths[1], (1, 1)),
            ConvBn(widths[2], (1, 7), pad=(0, 3)),
            ConvBn(widths[3], (7, 1), pad=(3, 0)),
        ]
        self.branch1 = Sequential(branch1)
        self.conv2d = layers.Conv2D(in_channels, 1)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        y = self.conv2d(ops.concatenate((branch0, branch1), -1)) * 0.1
        return ops.relu(x + y)


class Mixed6a(layers.Layer):
    """From 35x35 to 17x17 (figure 7)."""

    def __init__(self, widths):
        super().__init__()
        self.branch0 = ConvBn(widths[0], (3, 3), stride=2)
        branch1 = [
            ConvBn(widths[1], (1, 1)),
            ConvBn(widths[2], (3, 3), pad=(1, 1)),
            ConvBn(widths[3], (3, 3), stride=2),
        ]
        self.branch1 = Sequential(branch1)
        self.branch2 = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return ops.concatenate((branch0, branch1, self.branch2(x)), -1)


class Block35(layers.Layer):
    """Residual module of the 35x35 grid (figures 10 and 16)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(widths[0], (1, 1))
        branch1 = [
            ConvBn(widths[1], (1, 1)),
            ConvBn(widths[2], (3, 3), pad=(1, 1)),
        ]
        self.branch1 = Sequential(branch1)
        branch2 = [
            ConvBn(widths[3], (1, 1)),
            ConvBn(widths[4], (3, 3), pad=(1, 1)),
            ConvBn(widths[5], (3, 3), pad=(1, 1)),
        ]
        self.branch2 = Sequential(branch2)
        self.conv2d = layers.Conv2D(in_channels, 1)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        y = self.conv2d(ops.concatenate((branch0, branch1, branch2), -1)) * 0.17
        return ops.relu(x + y)


class Mixed5b(layers.Layer):
    """Module of Inception v3 in front of the residual ones."""

    def __init__(self):
        super().__init__()
        self.branch0 = ConvBn(96, (1, 1))
        self.branch1 = Sequential([ConvBn(48, (1, 1)), ConvBn(64, (5, 5), pad=(2, 2))])
        branch2 = [
            ConvBn(64, (1, 1)),
            ConvBn(96, (3, 3), pad=(1, 1)),
            ConvBn(96, (3, 3), pad=(1, 1)),
        ]
        self.branch2 = Sequential(branch2)
        branch3 = [
            layers.AveragePooling2D(3, 1, padding="same"),
            ConvBn(64, (1, 1)),
        ]
        self.branch3 = Sequential(branch3)

    def call(self, x):
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return ops.concatenate((branch0, branch1, branch2, branch3), -1)


class InceptionResNetV2Timm(keras.Model):
    """Inception-ResNet-v2."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv2d_1a = ConvBn(32, (3, 3), stride=2)
        self.conv2d_2a = ConvBn(32, (3, 3))
        self.conv2d_2b = ConvBn(64, (3, 3), pad=(1, 1))
        self.maxpool_3a = layers.MaxPooling2D(3, 2)
        self.conv2d_3b = ConvBn(80, (1, 1))
        self.conv2d_4a = ConvBn(192, (3, 3))
        self.maxpool_5a = layers.MaxPooling2D(3, 2)
        self.mixed_5b = Mixed5b()
        self.repeat = Sequential([Block35(320, (32, 32, 32, 32, 48, 64)) for _ in range(10)])
        self.mixed_6a = Mixed6a((384, 256, 256, 384))
        self.repeat_1 = Sequential([Block17(1088, (192, 128, 160, 192)) for _ in range(20)])
        self.mixed_7a = Mixed7a((384, 288, 288, 320))
        self.repeat_2 = Sequential([Block8(2080, (192, 192, 224, 256)) for _ in range(9)])
        self.block8 = LastBlock8(2080, (192, 192, 224, 256))
        self.conv2d_7b = ConvBn(1536, (1, 1))
        self.classif = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.conv2d_1a(x)
        x = self.conv2d_2a(x)
        x = self.conv2d_2b(x)
        x = self.maxpool_3a(x)
        x = self.conv2d_3b(x)
        x = self.conv2d_4a(x)
        x = self.maxpool_5a(x)
        x = self.mixed_5b(x)
        x = self.repeat(x)
        x = self.mixed_6a(x)
        x = self.repeat_1(x)
        x = self.mixed_7a(x)
        x = self.repeat_2(x)
        x = self.block8(x)
        x = self.conv2d_7b(x)
        return self.classif(ops.mean(x, (1, 2)))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
