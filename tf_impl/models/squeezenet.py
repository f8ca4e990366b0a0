"""SqueezeNet 1.0 in Keras, line for line the twin of its PyTorch file.

Iandola et al. 2016, SqueezeNet: AlexNet-Level Accuracy with 50x Fewer Parameters and <0.5MB Model Size, table 1.
"""

import keras
from keras import Sequential, layers, ops


class Fire(layers.Layer):
    """1x1 convolution to `squeeze` channels, then 1x1 and 3x3 convolutions side by side."""

    def __init__(self, squeeze, expand1x1, expand3x3):
        super().__init__()
        self.squeeze = layers.Conv2D(squeeze, 1)
        self.expand1x1 = layers.Conv2D(expand1x1, 1)
        self.expand3x3 = layers.Conv2D(expand3x3, 3, padding="same")

    def call(self, x):
        x = ops.relu(self.squeeze(x))
        expand1x1 = ops.relu(self.expand1x1(x))
        expand3x3 = ops.relu(self.expand3x3(x))
        return ops.concatenate((expand1x1, expand3x3), -1)


class SqueezeNet10(keras.Model):
    """A convolution, eight fire modules, and a convolution whose map is averaged."""

    def __init__(self, num_classes=1000):
        super().__init__()
        features = [
            layers.Conv2D(96, 7, strides=2),
            layers.ReLU(),
            layers.MaxPooling2D(3, 2),
            Fire(16, 64, 64),
            Fire(16, 64, 64),
            Fire(32, 128, 128),
            Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)]),
            Fire(32, 128, 128),
            Fire(48, 192, 192),
            Fire(48, 192, 192),
            Fire(64, 256, 256),
            layers.MaxPooling2D(3, 2),
            Fire(64, 256, 256),
        ]
        self.features = Sequential(features)
        classifier = [
            layers.Dropout(0.5),
            layers.Conv2D(num_classes, 1),
            layers.ReLU(),
        ]
        self.classifier = Sequential(classifier)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        x = self.classifier(x)
        return ops.mean(x, (1, 2))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))
