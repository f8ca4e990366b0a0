"""MobileNetV3 large (torchvision) in Keras, line for line the twin of its PyTorch file.

Howard et al. 2019, Searching for MobileNetV3, table 1.
"""

import keras
from keras import Sequential, layers, ops


class ConvNormHardSwish(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(),
            layers.Activation("hard_silu"),
        ]
        super().__init__(steps)


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

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
        self.hard_sigmoid = layers.Activation("hard_sigmoid")

    def call(self, x):
        y = ops.relu(self.fc1(self.adaptive_avg_pool(x)))
        y = self.hard_sigmoid(self.fc2(y))
        return x * y


class ConvNormDepthwiseHardSwish(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNormHardSwish: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(),
            layers.Activation("hard_silu"),
        ]
        super().__init__(steps)


class InvertedResidualGate(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormDepthwiseHardSwish(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualGateNoShortcut(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormDepthwiseHardSwish(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormDepthwiseHardSwish(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcut(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(width, 1),
            ConvNormDepthwiseHardSwish(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class ConvNormDepthwiseRelu(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
        super().__init__(steps)


class ConvNormRelu(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNormDepthwiseRelu: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(),
            layers.ReLU(),
        ]
        super().__init__(steps)


class InvertedResidualGateRelu(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu(width, 1),
            ConvNormDepthwiseRelu(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualGateNoShortcutRelu(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu(width, 1),
            ConvNormDepthwiseRelu(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidualRelu(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu(width, 1),
            ConvNormDepthwiseRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutRelu(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu(width, 1),
            ConvNormDepthwiseRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidualNoExpansionRelu(layers.Layer):
    """Convolve depthwise, project to `channels`."""

    def __init__(self, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormDepthwiseRelu(kernel, stride=stride),
            ConvNorm(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class MobileNetV3LargeTorchvision(keras.Model):
    """MobileNetV3, large or small, times a width, with or without the layer between the pool and the classifier."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvNormHardSwish(16, 3, stride=2),
            InvertedResidualNoExpansionRelu(16),
            InvertedResidualNoShortcutRelu(64, 24, stride=2),
            InvertedResidualRelu(72, 24),
            InvertedResidualGateNoShortcutRelu(72, 40, kernel=5, stride=2, squeeze=24),
            *[InvertedResidualGateRelu(120, 40, kernel=5, squeeze=32) for _ in range(2)],
            InvertedResidualNoShortcut(240, 80, stride=2),
            InvertedResidual(200, 80),
            *[InvertedResidual(184, 80) for _ in range(2)],
            InvertedResidualGateNoShortcut(480, 112, squeeze=120),
            InvertedResidualGate(672, 112, squeeze=168),
            InvertedResidualGateNoShortcut(672, 160, kernel=5, stride=2, squeeze=168),
            *[InvertedResidualGate(960, 160, kernel=5, squeeze=240) for _ in range(2)],
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

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        x = ops.mean(x, (1, 2))
        return self.classifier(x)


# HardSigmoid of the PyTorch twin is layers.Activation("hard_sigmoid"),
# relu6(x + 3) / 6. nn.Hardsigmoid is the same forward; its gradient is
# a sixth in float32, 3e-8 off, whatever the dtype. Keras 2 had another
# function of this name, clip(0.2 * x + 0.5): see `diptych traps
# hard_sigmoid_of_keras_2`.


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
