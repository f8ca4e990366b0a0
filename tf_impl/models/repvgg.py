"""RepVGG-A0 in Keras, line for line the twin of its PyTorch file.

Ding et al. 2021, RepVGG: Making VGG-style ConvNets Great Again, tables 2 and 3.
"""

import keras
from keras import Sequential, layers, ops


class Head(layers.Layer):
    """Mean of the map and a linear layer."""

    def __init__(self, num_classes):
        super().__init__()
        self.fc = layers.Dense(num_classes)

    def call(self, x):
        return self.fc(ops.mean(x, (1, 2)))


class ConvBn(layers.Layer):
    """Convolution and batch normalisation."""

    def __init__(self, width, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(width, kernel, strides=stride, use_bias=False, groups=groups))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return self.bn(self.conv(x))


class BranchedBlock(layers.Layer):
    """The sum of a 3x3 and a 1x1 branch, where the shape changes."""

    def __init__(self, channels, stride=1, groups=1):
        super().__init__()
        self.conv_kxk = ConvBn(channels, 3, stride=stride, groups=groups)
        self.conv_1x1 = ConvBn(channels, 1, stride=stride, groups=groups)

    def call(self, x):
        y = self.conv_kxk(x)
        x = self.conv_1x1(x)
        return ops.relu(y + x)


class BranchedIdentityBlock(layers.Layer):
    """The sum of a 3x3, a 1x1 and an identity branch, where the shape stays."""

    def __init__(self, in_channels, groups=1):
        super().__init__()
        self.conv_kxk = ConvBn(in_channels, 3, groups=groups)
        self.conv_1x1 = ConvBn(in_channels, 1, groups=groups)
        self.identity = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = self.conv_kxk(x)
        z = self.conv_1x1(x)
        y = y + z
        return ops.relu(y + self.identity(x))


class RepVGGA0(keras.Model):
    """RepVGG of these blocks per stage, widths and groups."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.stem = BranchedBlock(48, stride=2)
        stages_0 = Sequential([BranchedBlock(48, stride=2), BranchedIdentityBlock(48)])
        stages_1 = Sequential([BranchedBlock(96, stride=2), *[BranchedIdentityBlock(96) for _ in range(3)]])
        stages_2 = [
            BranchedBlock(192, stride=2),
            *[BranchedIdentityBlock(192) for _ in range(13)],
        ]
        stages_2 = Sequential(stages_2)
        stages_3 = Sequential([BranchedBlock(1280, stride=2)])
        stages = [
            stages_0,
            stages_1,
            stages_2,
            stages_3,
        ]
        self.stages = Sequential(stages)
        self.head = Head(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.stem(x)
        x = self.stages(x)
        return self.head(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
