"""EfficientNet-B0 (torchvision) in Keras, line for line the twin of its PyTorch file.

Tan & Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, table 1.
"""

import keras
from keras import Sequential, layers, ops


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Activation("silu"),
        ]
        super().__init__(steps)


class ConvNormLinear(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class SqueezeExcite(layers.Layer):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.fc1 = layers.Conv2D(squeeze, 1)
        self.fc2 = layers.Conv2D(in_channels, 1)

    def call(self, x):
        y = ops.silu(self.fc1(self.adaptive_avg_pool(x)))
        y = ops.sigmoid(self.fc2(y))
        return x * y


class ConvNormDepthwise(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNorm: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Activation("silu"),
        ]
        super().__init__(steps)


class InvertedResidualNoShortcut(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(layers.Layer):
    """Convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, in_channels, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(in_channels, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class EfficientNetB0Torchvision(keras.Model):
    """EfficientNet, with a multiple of the channels and a multiple of the blocks of B0, both rounded."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features_1 = Sequential([InvertedResidualNoShortcutNoExpansion(32, 16, squeeze=8)])
        features_2 = [
            InvertedResidualNoShortcut(96, 24, stride=2, squeeze=4),
            InvertedResidual(144, 24, squeeze=6),
        ]
        features_2 = Sequential(features_2)
        features_3 = [
            InvertedResidualNoShortcut(144, 40, kernel=5, stride=2, squeeze=6),
            InvertedResidual(240, 40, kernel=5, squeeze=10),
        ]
        features_3 = Sequential(features_3)
        features_4 = [
            InvertedResidualNoShortcut(240, 80, stride=2, squeeze=10),
            *[InvertedResidual(480, 80, squeeze=20) for _ in range(2)],
        ]
        features_4 = Sequential(features_4)
        features_5 = [
            InvertedResidualNoShortcut(480, 112, kernel=5, squeeze=20),
            *[InvertedResidual(672, 112, kernel=5, squeeze=28) for _ in range(2)],
        ]
        features_5 = Sequential(features_5)
        features_6 = [
            InvertedResidualNoShortcut(672, 192, kernel=5, stride=2, squeeze=28),
            *[InvertedResidual(1152, 192, kernel=5, squeeze=48) for _ in range(3)],
        ]
        features_6 = Sequential(features_6)
        features_7 = Sequential([InvertedResidualNoShortcut(1152, 320, squeeze=48)])
        features = [
            ConvNorm(32, 3, stride=2),
            features_1,
            features_2,
            features_3,
            features_4,
            features_5,
            features_6,
            features_7,
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
