"""MnasNet-B1 in Keras, line for line the twin of its PyTorch file.

Tan et al. 2018, MnasNet: Platform-Aware Neural Architecture Search for Mobile, figure 7.
"""

import keras
from keras import Sequential, layers, ops


class InvertedResidualNoShortcut(layers.Layer):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        layers_ = [
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
        ]
        self.layers_ = Sequential(layers_)

    def call(self, x):
        return self.layers_(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        layers_ = [
            layers.Conv2D(width, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
        ]
        self.layers_ = Sequential(layers_)

    def call(self, x):
        y = self.layers_(x)
        return x + y


class MnasNetB1(keras.Model):
    """MnasNet of the given variant and width, which leaves only the last convolution as it is."""

    def __init__(self, num_classes=1000):
        super().__init__()
        layers__8 = [
            InvertedResidualNoShortcut(48, 24, stride=2),
            *[InvertedResidual(72, 24) for _ in range(2)],
        ]
        layers__8 = Sequential(layers__8)
        layers__9 = [
            InvertedResidualNoShortcut(72, 40, kernel=5, stride=2),
            *[InvertedResidual(120, 40, kernel=5) for _ in range(2)],
        ]
        layers__9 = Sequential(layers__9)
        layers__10 = [
            InvertedResidualNoShortcut(240, 80, kernel=5, stride=2),
            *[InvertedResidual(480, 80, kernel=5) for _ in range(2)],
        ]
        layers__10 = Sequential(layers__10)
        layers__11 = [
            InvertedResidualNoShortcut(480, 96),
            InvertedResidual(576, 96),
        ]
        layers__11 = Sequential(layers__11)
        layers__12 = [
            InvertedResidualNoShortcut(576, 192, kernel=5, stride=2),
            *[InvertedResidual(1152, 192, kernel=5) for _ in range(3)],
        ]
        layers__12 = Sequential(layers__12)
        layers__13 = Sequential([InvertedResidualNoShortcut(1152, 320)])
        layers_ = [
            padded(1, layers.Conv2D(32, 3, strides=2, use_bias=False)),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(16, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers__8,
            layers__9,
            layers__10,
            layers__11,
            layers__12,
            layers__13,
            layers.Conv2D(1280, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9997, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.layers_ = Sequential(layers_)
        classifier = [
            layers.Dropout(0.2),
            layers.Dense(num_classes),
        ]
        self.classifier = Sequential(classifier)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.layers_(x)
        x = ops.mean(x, (1, 2))
        return self.classifier(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
