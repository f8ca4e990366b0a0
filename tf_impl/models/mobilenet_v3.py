"""MobileNetV3 large (torchvision) in Keras, line for line the twin of its PyTorch file.

Howard et al. 2019, Searching for MobileNetV3, table 1.
"""

import keras
from keras import Sequential, layers, ops


class ConvNormHardSwish(Sequential):
    """Convolution without a bias, batch normalisation, activation."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(),
            layers.Activation("hard_silu"),
        ]
        super().__init__(steps)


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, activation."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(),
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
        y = ops.relu(self.fc1(self.adaptive_avg_pool(x)))
        y = ops.hard_sigmoid(self.fc2(y))
        return x * y


class ConvNormHardSwish2(Sequential):
    """Convolution without a bias, batch normalisation, activation."""

    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(),
            layers.Activation("hard_silu"),
        ]
        super().__init__(steps)


class InvertedResidualSqueezeExcite(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormHardSwish2(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualSqueezeExcite3(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormHardSwish2(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormHardSwish2(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualWithoutAdd2(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormHardSwish2(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class ConvNormRelu(Sequential):
    """Convolution without a bias, batch normalisation, activation."""

    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
        super().__init__(steps)


class ConvNormRelu2(Sequential):
    """Convolution without a bias, batch normalisation, activation."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
        super().__init__(steps)


class InvertedResidualSqueezeExcite2(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu2(width, 1),
            ConvNormRelu(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualSqueezeExcite4(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu2(width, 1),
            ConvNormRelu(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual3(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu2(width, 1),
            ConvNormRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualWithoutAdd(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu2(width, 1),
            ConvNormRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual2(layers.Layer):
    """Expand to `width` channels, convolve depthwise, gate through `squeeze` channels, project to `channels`."""

    def __init__(self, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class MobileNetV3LargeTorchvision(keras.Model):
    """MobileNetV3, large or small, times a width."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvNormHardSwish(16, 3, stride=2),
            InvertedResidual2(16),
            InvertedResidualWithoutAdd(64, 24, stride=2),
            InvertedResidual3(72, 24),
            InvertedResidualSqueezeExcite4(72, 40, kernel=5, stride=2, squeeze=24),
            *[InvertedResidualSqueezeExcite2(120, 40, kernel=5, squeeze=32) for _ in range(2)],
            InvertedResidualWithoutAdd2(240, 80, stride=2),
            InvertedResidual(200, 80),
            *[InvertedResidual(184, 80) for _ in range(2)],
            InvertedResidualSqueezeExcite3(480, 112, squeeze=120),
            InvertedResidualSqueezeExcite(672, 112, squeeze=168),
            InvertedResidualSqueezeExcite3(672, 160, kernel=5, stride=2, squeeze=168),
            *[InvertedResidualSqueezeExcite(960, 160, kernel=5, squeeze=240) for _ in range(2)],
            ConvNormHardSwish(960, 1),
        ]
        self.features = Sequential(features)
        classifier = [
            layers.Dense(1280),
            layers.Activation("hard_silu"),
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
