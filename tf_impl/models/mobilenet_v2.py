"""MobileNetV2 (torchvision) in Keras, line for line the twin of its PyTorch file.

Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2.
"""

import keras
from keras import Sequential, layers, ops


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        super().__init__(steps)


class ConvNormDepthwise(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNorm: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        super().__init__(steps)


class InvertedResidualNoShortcut(layers.Layer):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        y = self.conv(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(layers.Layer):
    """Convolve depthwise, project to `channels`."""

    def __init__(self, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNormDepthwise(kernel, stride=stride),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class MobileNetV2Torchvision(keras.Model):
    """MobileNetV2 of a width; the last convolution does not get narrower than 1280 (section 5, footnote)."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvNorm(32, 3, stride=2),
            InvertedResidualNoShortcutNoExpansion(16),
            InvertedResidualNoShortcut(96, 24, stride=2),
            InvertedResidual(144, 24),
            InvertedResidualNoShortcut(144, 32, stride=2),
            *[InvertedResidual(192, 32) for _ in range(2)],
            InvertedResidualNoShortcut(192, 64, stride=2),
            *[InvertedResidual(384, 64) for _ in range(3)],
            InvertedResidualNoShortcut(384, 96),
            *[InvertedResidual(576, 96) for _ in range(2)],
            InvertedResidualNoShortcut(576, 160, stride=2),
            *[InvertedResidual(960, 160) for _ in range(2)],
            InvertedResidualNoShortcut(960, 320),
            ConvNorm(1280, 1),
        ]
        self.features = Sequential(features)
        classifier = [
            layers.Dropout(0.2),
            layers.Dense(num_classes),
        ]
        self.classifier = Sequential(classifier)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        x = ops.mean(x, (1, 2))
        return self.classifier(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
