"""BN-Inception (pytorchcv) in Keras, line for line the twin of its PyTorch file.

Ioffe & Szegedy 2015, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift,
figure 5.
"""

import keras
from keras import Sequential, layers, ops


class ConvBn(layers.Layer):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels, kernel, stride=1, pad=(0, 0)):
        super().__init__()
        self.conv = padded(pad, layers.Conv2D(channels, kernel, strides=stride))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return ops.relu(self.bn(self.conv(x)))


class InceptionMaxPool(layers.Layer):
    """Inception module with two 3x3 in place of the 5x5."""

    def __init__(self, n1x1, n3x3_reduce, n3x3, double_reduce, double, n_pool):
        super().__init__()
        self.conv1x1 = ConvBn(n1x1, (1, 1))
        self.reduce3x3 = ConvBn(n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3, (3, 3), pad=(1, 1))
        self.reduce_double = ConvBn(double_reduce, (1, 1))
        self.double1 = ConvBn(double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, (3, 3), pad=(1, 1))
        self.pool = layers.MaxPooling2D(3, 1, padding="same")
        self.pool_proj = ConvBn(n_pool, (1, 1))

    def call(self, x):
        conv1x1 = self.conv1x1(x)
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        pool_proj = self.pool(x)
        pool_proj = self.pool_proj(pool_proj)
        return ops.concatenate((conv1x1, conv3x3, double2, pool_proj), -1)


class Inception(layers.Layer):
    """Inception module with two 3x3 in place of the 5x5."""

    def __init__(self, n1x1, n3x3_reduce, n3x3, double_reduce, double, n_pool):
        super().__init__()
        self.conv1x1 = ConvBn(n1x1, (1, 1))
        self.reduce3x3 = ConvBn(n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3, (3, 3), pad=(1, 1))
        self.reduce_double = ConvBn(double_reduce, (1, 1))
        self.double1 = ConvBn(double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, (3, 3), pad=(1, 1))
        self.pool = padded(1, layers.AveragePooling2D(3, 1))
        self.pool_proj = ConvBn(n_pool, (1, 1))

    def call(self, x):
        conv1x1 = self.conv1x1(x)
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        pool_proj = self.pool(x)
        pool_proj = self.pool_proj(pool_proj)
        return ops.concatenate((conv1x1, conv3x3, double2, pool_proj), -1)


class Reduction(layers.Layer):
    """Inception module that halves the map and passes on all channels of its pool."""

    def __init__(self, n3x3_reduce, n3x3, double_reduce, double):
        super().__init__()
        self.reduce3x3 = ConvBn(n3x3_reduce, (1, 1))
        self.conv3x3 = ConvBn(n3x3, (3, 3), stride=2, pad=(1, 1))
        self.reduce_double = ConvBn(double_reduce, (1, 1))
        self.double1 = ConvBn(double, (3, 3), pad=(1, 1))
        self.double2 = ConvBn(double, (3, 3), stride=2, pad=(1, 1))
        self.pool = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])

    def call(self, x):
        conv3x3 = self.reduce3x3(x)
        conv3x3 = self.conv3x3(conv3x3)
        double2 = self.reduce_double(x)
        double2 = self.double1(double2)
        double2 = self.double2(double2)
        return ops.concatenate((conv3x3, double2, self.pool(x)), -1)


class BNInceptionPytorchcv(keras.Model):
    """BN-Inception in one of its forms."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = ConvBn(64, (7, 7), stride=2, pad=(3, 3))
        self.pool1 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.conv2_reduce = ConvBn(64, (1, 1))
        self.conv2 = ConvBn(192, (3, 3), pad=(1, 1))
        self.pool2 = Sequential([InfinitePadding2D(((0, 1), (0, 1))), layers.MaxPooling2D(3, 2)])
        self.inception_3a = Inception(64, 64, 64, 64, 96, 32)
        self.inception_3b = Inception(64, 64, 96, 64, 96, 64)
        self.inception_3c = Reduction(128, 160, 64, 96)
        self.inception_4a = Inception(224, 64, 96, 96, 128, 128)
        self.inception_4b = Inception(192, 96, 128, 96, 128, 128)
        self.inception_4c = Inception(160, 128, 160, 128, 160, 128)
        self.inception_4d = Inception(96, 128, 192, 160, 192, 128)
        self.inception_4e = Reduction(128, 192, 192, 256)
        self.inception_5a = Inception(352, 192, 320, 160, 224, 128)
        self.inception_5b = InceptionMaxPool(352, 192, 320, 192, 224, 128)
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.conv1(x)
        x = self.pool1(x)
        x = self.conv2_reduce(x)
        x = self.conv2(x)
        x = self.pool2(x)
        x = self.inception_3a(x)
        x = self.inception_3b(x)
        x = self.inception_3c(x)
        x = self.inception_4a(x)
        x = self.inception_4b(x)
        x = self.inception_4c(x)
        x = self.inception_4d(x)
        x = self.inception_4e(x)
        x = self.inception_5a(x)
        x = self.inception_5b(x)
        return self.classifier(ops.mean(x, (1, 2)))


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
