"""ZFNet in Keras, line for line the twin of its PyTorch file.

Zeiler & Fergus 2013, Visualizing and Understanding Convolutional Networks, figure 3.
"""

import keras
from keras import Sequential, layers, ops


class ZFNet(keras.Model):
    """Five convolutions and three linear layers (figure 3)."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = padded(1, layers.Conv2D(96, 7, strides=2))
        self.norm1 = LocalResponseNorm(5, k=2.0)
        self.pool1 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.conv2 = layers.Conv2D(256, 5, strides=2)
        self.norm2 = LocalResponseNorm(5, k=2.0)
        self.pool2 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.conv3 = layers.Conv2D(384, 3, padding="same")
        self.conv4 = layers.Conv2D(384, 3, padding="same")
        self.conv5 = layers.Conv2D(256, 3, padding="same")
        self.pool5 = layers.MaxPooling2D(3, 2)
        self.flatten = layers.Flatten()
        self.fc6 = layers.Dense(4096)
        self.drop6 = layers.Dropout(0.5)
        self.fc7 = layers.Dense(4096)
        self.drop7 = layers.Dropout(0.5)
        self.fc8 = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.conv1(x))
        x = self.conv2(self.pool1(self.norm1(x)))
        x = ops.relu(x)
        x = self.conv3(self.pool2(self.norm2(x)))
        x = ops.relu(x)
        x = ops.relu(self.conv4(x))
        x = ops.relu(self.conv5(x))
        x = self.flatten(self.pool5(x))
        x = ops.relu(self.fc6(x))
        x = self.drop6(x)
        x = ops.relu(self.fc7(x))
        x = self.drop7(x)
        return self.fc8(x)


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


class LocalResponseNorm(layers.Layer):
    """x / (k + alpha / size * sum of x ** 2) ** beta over the channels c - size // 2 ... c + (size - 1) // 2."""

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def call(self, x):
        around = ((0, 0), (0, 0), (0, 0), (self.size // 2, (self.size - 1) // 2))
        squares = ops.pad(ops.square(x), around)
        total = sum(squares[..., i : i + x.shape[-1]] for i in range(self.size))
        return x / ops.power(self.k + self.alpha / self.size * total, self.beta)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
