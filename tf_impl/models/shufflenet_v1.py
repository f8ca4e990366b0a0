"""ShuffleNet, 3 groups in Keras, line for line the twin of its PyTorch file.

Zhang et al. 2017, ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, table 1.
"""

import keras
from keras import Sequential, layers, ops


class ShuffleUnit(layers.Layer):
    """Grouped convolutions with a shuffle between them, added to the input (figure 2b)."""

    def __init__(self, in_channels, groups):
        super().__init__()
        self.compress_conv1 = layers.Conv2D(in_channels // 4, 1, use_bias=False, groups=groups)
        self.compress_bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.c_shuffle = ChannelShuffle(groups)
        self.dw_conv2 = layers.DepthwiseConv2D(3, padding="same", use_bias=False)
        self.dw_bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.expand_conv3 = layers.Conv2D(in_channels, 1, use_bias=False, groups=groups)
        self.expand_bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = ops.relu(self.compress_bn1(self.compress_conv1(x)))
        y = self.dw_bn2(self.dw_conv2(self.c_shuffle(y)))
        x = self.expand_bn3(self.expand_conv3(y)) + x
        return ops.relu(x)


class StridedShuffleUnit(layers.Layer):
    """Unit that halves the map: the mean of the input stands after what is computed (figure 2c)."""

    def __init__(self, in_channels, width, groups, first_groups):
        super().__init__()
        self.compress_conv1 = layers.Conv2D(width, 1, use_bias=False, groups=first_groups)
        self.compress_bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.c_shuffle = ChannelShuffle(groups)
        self.dw_conv2 = padded(1, layers.DepthwiseConv2D(3, strides=2, use_bias=False))
        self.dw_bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.expand_conv3 = layers.Conv2D(4 * width - in_channels, 1, use_bias=False, groups=groups)
        self.expand_bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.avgpool = padded(1, layers.AveragePooling2D(3, 2))

    def call(self, x):
        expand_bn3 = ops.relu(self.compress_bn1(self.compress_conv1(x)))
        expand_bn3 = self.dw_bn2(self.dw_conv2(self.c_shuffle(expand_bn3)))
        expand_bn3 = self.expand_bn3(self.expand_conv3(expand_bn3))
        return ops.relu(ops.concatenate((expand_bn3, self.avgpool(x)), -1))


class InitBlock(Sequential):
    """Conv1 and MaxPool of table 1."""

    def __init__(self):
        super().__init__()
        self.add(padded(1, layers.Conv2D(24, 3, strides=2, use_bias=False)))
        self.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn"))
        self.add(layers.ReLU(name="activ"))
        self.add(Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)]))


class ShuffleNet3Groups(keras.Model):
    """ShuffleNet of width 1 with the given number of groups."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.features = Sequential()
        self.features.add(InitBlock())
        features_stage1 = Sequential()
        features_stage1.add(StridedShuffleUnit(24, 60, 3, 1))
        for _ in range(3):
            features_stage1.add(ShuffleUnit(240, 3))
        self.features.add(features_stage1)
        features_stage2 = Sequential()
        features_stage2.add(StridedShuffleUnit(240, 120, 3, 3))
        for _ in range(7):
            features_stage2.add(ShuffleUnit(480, 3))
        self.features.add(features_stage2)
        features_stage3 = Sequential()
        features_stage3.add(StridedShuffleUnit(480, 240, 3, 3))
        for _ in range(3):
            features_stage3.add(ShuffleUnit(960, 3))
        self.features.add(features_stage3)
        self.output_ = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        return self.output_(ops.mean(x, (1, 2)))


class ChannelShuffle(layers.Layer):
    """Channels in the order of their place within a group, then of their group."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(x, 3, 4), (-1, height, width, channels))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
