"""ShuffleNet V2 x1.0 in Keras, line for line the twin of its PyTorch file.

Ma et al. 2018, ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, table 5.
"""

import keras
from keras import Sequential, layers, ops


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        super().__init__(steps)


class BasicUnit(layers.Layer):
    """Unit in which one half of the channels stays as it is (figure 3c)."""

    def __init__(self, in_channels):
        super().__init__()
        self.channel_slice = ChannelSlice(0, in_channels // 2)
        self.channel_slice_1 = ChannelSlice(in_channels // 2, 2 * (in_channels // 2))
        branch2 = [
            layers.Conv2D(in_channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(in_channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.branch2 = Sequential(branch2)
        self.channel_shuffle = ChannelShuffle(2)

    def call(self, x):
        y = self.channel_slice(x)
        x = self.channel_slice_1(x)
        x = self.branch2(x)
        return self.channel_shuffle(ops.concatenate((y, x), -1))


class DownsamplingUnit(layers.Layer):
    """Unit that halves the map, whose branches both read all channels (figure 3d)."""

    def __init__(self, channels):
        super().__init__()
        branch1 = [
            padded(1, layers.DepthwiseConv2D(3, strides=2, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.branch1 = Sequential(branch1)
        branch2 = [
            layers.Conv2D(channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            padded(1, layers.DepthwiseConv2D(3, strides=2, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.branch2 = Sequential(branch2)
        self.channel_shuffle = ChannelShuffle(2)

    def call(self, x):
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        return self.channel_shuffle(ops.concatenate((branch1, branch2), -1))


class ShuffleNetV2X10(keras.Model):
    """ShuffleNet V2 of the given width."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = ConvNorm(24, 3, stride=2)
        self.maxpool = Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)])
        self.stage2 = Sequential([DownsamplingUnit(116), *[BasicUnit(116) for _ in range(3)]])
        self.stage3 = Sequential([DownsamplingUnit(232), *[BasicUnit(232) for _ in range(7)]])
        self.stage4 = Sequential([DownsamplingUnit(464), *[BasicUnit(464) for _ in range(3)]])
        self.conv5 = ConvNorm(1024, 1)
        self.fc = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.conv1(x)
        x = self.maxpool(x)
        x = self.stage2(x)
        x = self.stage3(x)
        x = self.stage4(x)
        x = self.conv5(x)
        return self.fc(ops.mean(x, (1, 2)))


class ChannelShuffle(layers.Layer):
    """Channels in the order of their place within a group, then of their group."""

    def __init__(self, groups):
        super().__init__()
        self.groups = groups

    def call(self, x):
        _, height, width, channels = x.shape
        x = ops.reshape(x, (-1, height, width, self.groups, channels // self.groups))
        return ops.reshape(ops.swapaxes(x, 3, 4), (-1, height, width, channels))


class ChannelSlice(layers.Layer):
    """Channels start ... stop - 1."""

    def __init__(self, start, stop):
        super().__init__()
        self.start = start
        self.stop = stop

    def call(self, x):
        return x[..., self.start : self.stop]


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
