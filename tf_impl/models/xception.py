"""Xception (timm) in Keras, line for line the twin of its PyTorch file.

Chollet 2016, Xception: Deep Learning with Depthwise Separable Convolutions, figure 5.
"""

import keras
from keras import Sequential, layers, ops


class SeparableConv(layers.Layer):
    """Depthwise, then 1x1 convolution."""

    def __init__(self, channels, kernel=3):
        super().__init__()
        self.conv1 = padded(kernel // 2, layers.DepthwiseConv2D(kernel, use_bias=False))
        self.pointwise = layers.Conv2D(channels, 1, use_bias=False)

    def call(self, x):
        return self.pointwise(self.conv1(x))


class HalvingModule(layers.Layer):
    """Two separable convolutions and a pool (entry and exit flow)."""

    def __init__(self, width, channels):
        super().__init__()
        rep = [
            layers.ReLU(),
            SeparableConv(width),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            SeparableConv(channels),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)]),
        ]
        self.rep = Sequential(rep)
        self.skip = layers.Conv2D(channels, 1, strides=2, use_bias=False)
        self.skipbn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = self.rep(x)
        return y + self.skipbn(self.skip(x))


class MiddleModule(layers.Layer):
    """Three separable convolutions, and the input as it is (middle flow)."""

    def __init__(self, in_channels):
        super().__init__()
        rep = [
            layers.ReLU(),
            SeparableConv(in_channels),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            SeparableConv(in_channels),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            SeparableConv(in_channels),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.rep = Sequential(rep)

    def call(self, x):
        y = self.rep(x)
        return y + x


class FirstModule(layers.Layer):
    """Halving module whose input has gone through a ReLU."""

    def __init__(self, width, channels):
        super().__init__()
        rep = [
            SeparableConv(width),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            SeparableConv(channels),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)]),
        ]
        self.rep = Sequential(rep)
        self.skip = layers.Conv2D(channels, 1, strides=2, use_bias=False)
        self.skipbn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = self.rep(x)
        return y + self.skipbn(self.skip(x))


class XceptionTimm(keras.Model):
    """Xception."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = layers.Conv2D(32, 3, strides=2, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(64, 3, use_bias=False)
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.block1 = FirstModule(128, 128)
        self.block2 = HalvingModule(256, 256)
        self.block3 = HalvingModule(728, 728)
        self.block4 = MiddleModule(728)
        self.block5 = MiddleModule(728)
        self.block6 = MiddleModule(728)
        self.block7 = MiddleModule(728)
        self.block8 = MiddleModule(728)
        self.block9 = MiddleModule(728)
        self.block10 = MiddleModule(728)
        self.block11 = MiddleModule(728)
        self.block12 = HalvingModule(728, 1024)
        self.conv3 = SeparableConv(1536)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv4 = SeparableConv(2048)
        self.bn4 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.fc = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.bn1(self.conv1(x)))
        x = ops.relu(self.bn2(self.conv2(x)))
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        x = self.block4(x)
        x = self.block5(x)
        x = self.block6(x)
        x = self.block7(x)
        x = self.block8(x)
        x = self.block9(x)
        x = self.block10(x)
        x = self.block11(x)
        x = self.block12(x)
        x = self.conv3(x)
        x = ops.relu(self.bn3(x))
        x = self.conv4(x)
        x = ops.relu(self.bn4(x))
        return self.fc(ops.mean(x, (1, 2)))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
