"""GoogLeNet (Caffe) in Keras, line for line the twin of its PyTorch file.

Szegedy et al. 2014, Going Deeper with Convolutions, table 1.
"""

import keras
from keras import Sequential, layers, ops


class Inception(layers.Layer):
    """Inception module with dimension reductions (figure 2b)."""

    def __init__(self, n1x1, n3x3_reduce, n3x3, n5x5_reduce, n5x5, n_pool):
        super().__init__()
        self.conv1x1 = layers.Conv2D(n1x1, 1)
        self.reduce3x3 = layers.Conv2D(n3x3_reduce, 1)
        self.conv3x3 = layers.Conv2D(n3x3, 3, padding="same")
        self.reduce5x5 = layers.Conv2D(n5x5_reduce, 1)
        self.conv5x5 = layers.Conv2D(n5x5, 5, padding="same")
        self.pool = layers.MaxPooling2D(3, 1, padding="same")
        self.pool_proj = layers.Conv2D(n_pool, 1)

    def call(self, x):
        conv1x1 = ops.relu(self.conv1x1(x))
        conv3x3 = ops.relu(self.reduce3x3(x))
        conv3x3 = ops.relu(self.conv3x3(conv3x3))
        conv5x5 = ops.relu(self.reduce5x5(x))
        conv5x5 = ops.relu(self.conv5x5(conv5x5))
        pool_proj = ops.relu(self.pool_proj(self.pool(x)))
        return ops.concatenate((conv1x1, conv3x3, conv5x5, pool_proj), -1)


class GoogLeNetCaffe(keras.Model):
    """GoogLeNet as in Caffe's model zoo."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = padded(3, layers.Conv2D(64, 7, strides=2))
        self.pool1 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.norm1 = LocalResponseNorm(5)
        self.conv2_reduce = layers.Conv2D(64, 1)
        self.conv2 = layers.Conv2D(192, 3, padding="same")
        self.norm2 = LocalResponseNorm(5)
        self.pool2 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.inception_3a = Inception(64, 96, 128, 16, 32, 32)
        self.inception_3b = Inception(128, 128, 192, 32, 96, 64)
        self.pool3 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.inception_4a = Inception(192, 96, 208, 16, 48, 64)
        self.inception_4b = Inception(160, 112, 224, 24, 64, 64)
        self.inception_4c = Inception(128, 128, 256, 24, 64, 64)
        self.inception_4d = Inception(112, 144, 288, 32, 64, 64)
        self.inception_4e = Inception(256, 160, 320, 32, 128, 128)
        self.pool4 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.inception_5a = Inception(256, 160, 320, 32, 128, 128)
        self.inception_5b = Inception(384, 192, 384, 48, 128, 128)
        self.dropout = layers.Dropout(0.4)
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.conv1(x))
        x = self.conv2_reduce(self.norm1(self.pool1(x)))
        x = ops.relu(x)
        x = ops.relu(self.conv2(x))
        x = self.pool2(self.norm2(x))
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.pool3(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.pool4(x)
        x = self.inception_5a(x)
        x = self.inception_5b(x)
        x = self.dropout(ops.mean(x, (1, 2)))
        return self.classifier(x)


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
