"""MobileNeXt in Keras, line for line the twin of its PyTorch file.

Zhou et al. 2020, Rethinking Bottleneck Structure for Efficient Mobile Network Design, table 2.
"""

import keras
from keras import Sequential, layers, ops


class SandglassNoShortcut(layers.Layer):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, width, channels, stride=1):
        super().__init__()
        conv = [
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            padded(1, layers.DepthwiseConv2D(3, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class Sandglass(layers.Layer):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, width, channels, stride=1):
        super().__init__()
        conv = [
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            padded(1, layers.DepthwiseConv2D(3, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        y = self.conv(x)
        return x + y


class SandglassNoShortcutNoDepthwise(layers.Layer):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, width, channels):
        super().__init__()
        conv = [
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class SandglassNoShortcutConvKernel1(layers.Layer):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, width, channels, stride=1):
        super().__init__()
        conv = [
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
            padded(1, layers.DepthwiseConv2D(3, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.conv = Sequential(conv)

    def call(self, x):
        return self.conv(x)


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(max_value=6.0),
        ]
        super().__init__(steps)


class MobileNeXt(keras.Model):
    """MobileNeXt of the given width."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            ConvNorm(32, 3, stride=2),
            SandglassNoShortcut(16, 96, stride=2),
            SandglassNoShortcut(32, 144),
            SandglassNoShortcutConvKernel1(32, 192, stride=2),
            *[Sandglass(32, 192) for _ in range(2)],
            SandglassNoShortcutConvKernel1(48, 288, stride=2),
            *[Sandglass(48, 288) for _ in range(2)],
            SandglassNoShortcutNoDepthwise(64, 384),
            *[Sandglass(64, 384) for _ in range(3)],
            SandglassNoShortcutConvKernel1(96, 576, stride=2),
            *[Sandglass(96, 576) for _ in range(3)],
            SandglassNoShortcutNoDepthwise(160, 960),
            *[Sandglass(160, 960) for _ in range(2)],
            SandglassNoShortcut(208, 1280),
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
