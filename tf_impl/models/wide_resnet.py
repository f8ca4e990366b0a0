"""Wide ResNet-50-2 in Keras, line for line the twin of its PyTorch file.

Zagoruyko & Komodakis 2016, Wide Residual Networks, section 3 and table 8.
"""

import keras
from keras import Sequential, layers, ops


class Bottleneck(layers.Layer):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(2 * width, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(2 * width, 3, strides=stride, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        x = self.bn3(self.conv3(y)) + x
        return ops.relu(x)


class Shortcut(Sequential):
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""

    def __init__(self, channels, stride):
        steps = [
            layers.Conv2D(channels, 1, strides=stride, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class BottleneckProjection(layers.Layer):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(2 * width, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(2 * width, 3, strides=stride, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.downsample = Shortcut(4 * width, stride)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return ops.relu(y + x)


class WideResNet502(keras.Model):
    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = padded(3, layers.Conv2D(64, 7, strides=2, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.maxpool = Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)])
        self.layer1 = Sequential([BottleneckProjection(64), *[Bottleneck(64) for _ in range(2)]])
        layer2 = [
            BottleneckProjection(128, stride=2),
            *[Bottleneck(128) for _ in range(3)],
        ]
        self.layer2 = Sequential(layer2)
        layer3 = [
            BottleneckProjection(256, stride=2),
            *[Bottleneck(256) for _ in range(5)],
        ]
        self.layer3 = Sequential(layer3)
        layer4 = [
            BottleneckProjection(512, stride=2),
            *[Bottleneck(512) for _ in range(2)],
        ]
        self.layer4 = Sequential(layer4)
        self.fc = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.bn1(self.conv1(x)))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(ops.mean(x, (1, 2)))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
