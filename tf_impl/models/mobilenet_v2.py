"""MobileNetV2 (torchvision) in Keras, line for line the twin of its PyTorch file.

Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2.
"""

import keras
from keras import Sequential, layers, ops


class ConvBnRelu6(Sequential):
    """Convolution, batch normalisation, ReLU6."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        super().__init__(steps)


class ConvBnRelu62(Sequential):
    """Convolution, batch normalisation, ReLU6."""

    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        super().__init__(steps)


class InvertedResidualWithoutAdd(layers.Layer):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, in_channels, channels, stride, expand):
        super().__init__()
        conv = [
            ConvBnRelu6(expand * in_channels, 1),
            ConvBnRelu62(3, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class InvertedResidual(layers.Layer):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, in_channels, channels, stride, expand):
        super().__init__()
        conv = [
            ConvBnRelu6(expand * in_channels, 1),
            ConvBnRelu62(3, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        y = self.conv(x)
        return x + y


class InvertedResidualWithoutAdd2(layers.Layer):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, channels, stride):
        super().__init__()
        conv = [
            ConvBnRelu62(3, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class MobileNetV2Torchvision(keras.Model):
    """MobileNetV2 of width 1.0."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvBnRelu6(32, 3, stride=2),
            InvertedResidualWithoutAdd2(16, 1),
            InvertedResidualWithoutAdd(16, 24, 2, 6),
            InvertedResidual(24, 24, 1, 6),
            InvertedResidualWithoutAdd(24, 32, 2, 6),
            *[InvertedResidual(32, 32, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(32, 64, 2, 6),
            *[InvertedResidual(64, 64, 1, 6) for _ in range(3)],
            InvertedResidualWithoutAdd(64, 96, 1, 6),
            *[InvertedResidual(96, 96, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(96, 160, 2, 6),
            *[InvertedResidual(160, 160, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(160, 320, 1, 6),
            ConvBnRelu6(1280, 1),
        ]
        self.features = Sequential(features)
        classifier = [
            layers.Dropout(0.2),
            layers.Dense(num_classes),
        ]
        self.classifier = Sequential(classifier)

    def call(self, x):
        x = self.features(x)
        x = ops.mean(x, (1, 2))
        return self.classifier(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
