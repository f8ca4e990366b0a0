"""DenseNet-121 in Keras, line for line the twin of its PyTorch file.

Huang et al. 2017, Densely Connected Convolutional Networks, table 1.
"""

import keras
from keras import Sequential, layers, ops


class DenseLayer(layers.Layer):
    """BN-ReLU-Conv 1x1, BN-ReLU-Conv 3x3 (DenseNet-B), put after all the maps before (equation 2)."""

    def __init__(self, growth):
        super().__init__()
        self.norm1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv1 = layers.Conv2D(4 * growth, 1, use_bias=False)
        self.norm2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(growth, 3, padding="same", use_bias=False)

    def call(self, x):
        y = ops.relu(self.norm1(x))
        y = ops.relu(self.norm2(self.conv1(y)))
        return ops.concatenate((x, self.conv2(y)), -1)


class Transition(Sequential):
    """Half the channels (DenseNet-C) and half the size."""

    def __init__(self, in_channels):
        super().__init__()
        self.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm"))
        self.add(layers.ReLU(name="relu"))
        self.add(layers.Conv2D(in_channels // 2, 1, use_bias=False, name="conv"))
        self.add(layers.AveragePooling2D(2, 2, name="pool"))


class DenseNet121(keras.Model):
    """DenseNet-BC of the given depth."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.features = Sequential()
        self.features.add(padded(3, layers.Conv2D(64, 7, strides=2, use_bias=False)))
        self.features.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm0"))
        self.features.add(layers.ReLU(name="relu0"))
        self.features.add(Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)]))
        features_denseblock1 = Sequential()
        for _ in range(6):
            features_denseblock1.add(DenseLayer(32))
        self.features.add(features_denseblock1)
        self.features.add(Transition(256))
        features_denseblock2 = Sequential()
        for _ in range(12):
            features_denseblock2.add(DenseLayer(32))
        self.features.add(features_denseblock2)
        self.features.add(Transition(512))
        features_denseblock3 = Sequential()
        for _ in range(24):
            features_denseblock3.add(DenseLayer(32))
        self.features.add(features_denseblock3)
        self.features.add(Transition(1024))
        features_denseblock4 = Sequential()
        for _ in range(16):
            features_denseblock4.add(DenseLayer(32))
        self.features.add(features_denseblock4)
        self.features.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="norm5"))
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.features(x)
        x = ops.relu(x)
        return self.classifier(ops.mean(x, (1, 2)))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
