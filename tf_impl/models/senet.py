"""SE-ResNet-50 in Keras, line for line the twin of its PyTorch file.

Hu et al. 2017, Squeeze-and-Excitation Networks, table 1.
"""

import keras
from keras import Sequential, layers, ops


class SqueezeExcite(layers.Layer):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.fc1 = layers.Conv2D(squeeze, 1)
        self.fc2 = layers.Conv2D(in_channels, 1)

    def call(self, x):
        y = ops.relu(self.fc1(self.adaptive_avg_pool(x)))
        y = ops.sigmoid(self.fc2(y))
        return x * y


class SeBottleneck(layers.Layer):
    """1x1, 3x3, 1x1 convolutions, gate and shortcut (figure 3)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(width, 1, strides=stride, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(width, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.se_module = SqueezeExcite(4 * width, (4 * width) // 16)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y = self.se_module(y)
        return ops.relu(y + x)


class Shortcut(Sequential):
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""

    def __init__(self, channels, stride):
        steps = [
            layers.Conv2D(channels, 1, strides=stride, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class SeBottleneckProjection(layers.Layer):
    """1x1, 3x3, 1x1 convolutions, gate and shortcut (figure 3)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(width, 1, strides=stride, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(width, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.se_module = SqueezeExcite(4 * width, (4 * width) // 16)
        self.downsample = Shortcut(4 * width, stride)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        y = self.se_module(y)
        x = self.downsample(x)
        return ops.relu(y + x)


class SEResNet50(keras.Model):
    """Residual network with a gate in every block."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.layer0 = Sequential()
        self.layer0.add(padded(3, layers.Conv2D(64, 7, strides=2, use_bias=False)))
        self.layer0.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="bn1"))
        self.layer0.add(layers.ReLU(name="relu1"))
        self.pool0 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.layer1 = Sequential([SeBottleneckProjection(64), *[SeBottleneck(64) for _ in range(2)]])
        layer2 = [
            SeBottleneckProjection(128, stride=2),
            *[SeBottleneck(128) for _ in range(3)],
        ]
        self.layer2 = Sequential(layer2)
        layer3 = [
            SeBottleneckProjection(256, stride=2),
            *[SeBottleneck(256) for _ in range(5)],
        ]
        self.layer3 = Sequential(layer3)
        layer4 = [
            SeBottleneckProjection(512, stride=2),
            *[SeBottleneck(512) for _ in range(2)],
        ]
        self.layer4 = Sequential(layer4)
        self.last_linear = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.layer0(x)
        x = self.pool0(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.last_linear(ops.mean(x, (1, 2)))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
