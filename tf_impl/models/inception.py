"""Inception v3 (torchvision) in Keras, line for line the twin of its PyTorch file.

Szegedy et al. 2015, Rethinking the Inception Architecture for Computer Vision, table 1.
"""

import keras
from keras import Sequential, layers, ops


class ConvBn(layers.Layer):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, channels, kernel, stride=1, pad=(0, 0)):
        super().__init__()
        self.conv = padded(pad, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(momentum=0.9)

    def call(self, x):
        return ops.relu(self.bn(self.conv(x)))


class InceptionE(layers.Layer):
    """1x3 and 3x1 side by side on the coarsest grid (figure 7)."""

    def __init__(self):
        super().__init__()
        self.branch1x1 = ConvBn(320, (1, 1))
        self.branch3x3_1 = ConvBn(384, (1, 1))
        self.branch3x3_2a = ConvBn(384, (1, 3), pad=(0, 1))
        self.branch3x3_2b = ConvBn(384, (3, 1), pad=(1, 0))
        self.branch3x3dbl_1 = ConvBn(448, (1, 1))
        self.branch3x3dbl_2 = ConvBn(384, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3a = ConvBn(384, (1, 3), pad=(0, 1))
        self.branch3x3dbl_3b = ConvBn(384, (3, 1), pad=(1, 0))
        self.pool = padded(1, layers.AveragePooling2D(3, 1))
        self.branch_pool = ConvBn(192, (1, 1))

    def call(self, x):
        branch1x1 = self.branch1x1(x)
        y = self.branch3x3_1(x)
        branch3x3_2a = self.branch3x3_2a(y)
        branch3x3_2b = self.branch3x3_2b(y)
        branch3x3 = ops.concatenate((branch3x3_2a, branch3x3_2b), -1)
        y = self.branch3x3dbl_1(x)
        y = self.branch3x3dbl_2(y)
        branch3x3dbl_3a = self.branch3x3dbl_3a(y)
        branch3x3dbl_3b = self.branch3x3dbl_3b(y)
        branch3x3dbl = ops.concatenate((branch3x3dbl_3a, branch3x3dbl_3b), -1)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return ops.concatenate((branch1x1, branch3x3, branch3x3dbl, branch_pool), -1)


class InceptionD(layers.Layer):
    """Grid reduction from 17x17 to 8x8 (figure 10)."""

    def __init__(self):
        super().__init__()
        self.branch3x3_1 = ConvBn(192, (1, 1))
        self.branch3x3_2 = ConvBn(320, (3, 3), stride=2)
        self.branch7x7x3_1 = ConvBn(192, (1, 1))
        self.branch7x7x3_2 = ConvBn(192, (1, 7), pad=(0, 3))
        self.branch7x7x3_3 = ConvBn(192, (7, 1), pad=(3, 0))
        self.branch7x7x3_4 = ConvBn(192, (3, 3), stride=2)
        self.pool = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch3x3 = self.branch3x3_1(x)
        branch3x3 = self.branch3x3_2(branch3x3)
        branch7x7x3 = self.branch7x7x3_1(x)
        branch7x7x3 = self.branch7x7x3_2(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_3(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_4(branch7x7x3)
        return ops.concatenate((branch3x3, branch7x7x3, self.pool(x)), -1)


class InceptionC(layers.Layer):
    """7x7 factorised into 1x7 and 7x1 (figure 6)."""

    def __init__(self, width):
        super().__init__()
        self.branch1x1 = ConvBn(192, (1, 1))
        self.branch7x7_1 = ConvBn(width, (1, 1))
        self.branch7x7_2 = ConvBn(width, (1, 7), pad=(0, 3))
        self.branch7x7_3 = ConvBn(192, (7, 1), pad=(3, 0))
        self.branch7x7dbl_1 = ConvBn(width, (1, 1))
        self.branch7x7dbl_2 = ConvBn(width, (7, 1), pad=(3, 0))
        self.branch7x7dbl_3 = ConvBn(width, (1, 7), pad=(0, 3))
        self.branch7x7dbl_4 = ConvBn(width, (7, 1), pad=(3, 0))
        self.branch7x7dbl_5 = ConvBn(192, (1, 7), pad=(0, 3))
        self.pool = padded(1, layers.AveragePooling2D(3, 1))
        self.branch_pool = ConvBn(192, (1, 1))

    def call(self, x):
        branch1x1 = self.branch1x1(x)
        branch7x7 = self.branch7x7_1(x)
        branch7x7 = self.branch7x7_2(branch7x7)
        branch7x7 = self.branch7x7_3(branch7x7)
        branch7x7dbl = self.branch7x7dbl_1(x)
        branch7x7dbl = self.branch7x7dbl_2(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_3(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_4(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_5(branch7x7dbl)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return ops.concatenate((branch1x1, branch7x7, branch7x7dbl, branch_pool), -1)


class InceptionB(layers.Layer):
    """Grid reduction from 35x35 to 17x17 (figure 10)."""

    def __init__(self):
        super().__init__()
        self.branch3x3 = ConvBn(384, (3, 3), stride=2)
        self.branch3x3dbl_1 = ConvBn(64, (1, 1))
        self.branch3x3dbl_2 = ConvBn(96, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3 = ConvBn(96, (3, 3), stride=2)
        self.pool = layers.MaxPooling2D(3, 2)

    def call(self, x):
        branch3x3 = self.branch3x3(x)
        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)
        return ops.concatenate((branch3x3, branch3x3dbl, self.pool(x)), -1)


class InceptionA(layers.Layer):
    """Two 3x3 in place of a 5x5 (figure 5), next to a branch that keeps its 5x5."""

    def __init__(self, pool_channels):
        super().__init__()
        self.branch1x1 = ConvBn(64, (1, 1))
        self.branch5x5_1 = ConvBn(48, (1, 1))
        self.branch5x5_2 = ConvBn(64, (5, 5), pad=(2, 2))
        self.branch3x3dbl_1 = ConvBn(64, (1, 1))
        self.branch3x3dbl_2 = ConvBn(96, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3 = ConvBn(96, (3, 3), pad=(1, 1))
        self.pool = padded(1, layers.AveragePooling2D(3, 1))
        self.branch_pool = ConvBn(pool_channels, (1, 1))

    def call(self, x):
        branch1x1 = self.branch1x1(x)
        branch5x5 = self.branch5x5_1(x)
        branch5x5 = self.branch5x5_2(branch5x5)
        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return ops.concatenate((branch1x1, branch5x5, branch3x3dbl, branch_pool), -1)


class InceptionV3Torchvision(keras.Model):
    """Inception v3, with the auxiliary head as second output if asked."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.Conv2d_1a_3x3 = ConvBn(32, (3, 3), stride=2)
        self.Conv2d_2a_3x3 = ConvBn(32, (3, 3))
        self.Conv2d_2b_3x3 = ConvBn(64, (3, 3), pad=(1, 1))
        self.maxpool1 = layers.MaxPooling2D(3, 2)
        self.Conv2d_3b_1x1 = ConvBn(80, (1, 1))
        self.Conv2d_4a_3x3 = ConvBn(192, (3, 3))
        self.maxpool2 = layers.MaxPooling2D(3, 2)
        self.Mixed_5b = InceptionA(32)
        self.Mixed_5c = InceptionA(64)
        self.Mixed_5d = InceptionA(64)
        self.Mixed_6a = InceptionB()
        self.Mixed_6b = InceptionC(128)
        self.Mixed_6c = InceptionC(160)
        self.Mixed_6d = InceptionC(160)
        self.Mixed_6e = InceptionC(192)
        self.Mixed_7a = InceptionD()
        self.Mixed_7b = InceptionE()
        self.Mixed_7c = InceptionE()
        self.dropout = layers.Dropout(0.5)
        self.fc = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.Conv2d_1a_3x3(x)
        x = self.Conv2d_2a_3x3(x)
        x = self.Conv2d_2b_3x3(x)
        x = self.maxpool1(x)
        x = self.Conv2d_3b_1x1(x)
        x = self.Conv2d_4a_3x3(x)
        x = self.maxpool2(x)
        x = self.Mixed_5b(x)
        x = self.Mixed_5c(x)
        x = self.Mixed_5d(x)
        x = self.Mixed_6a(x)
        x = self.Mixed_6b(x)
        x = self.Mixed_6c(x)
        x = self.Mixed_6d(x)
        x = self.Mixed_6e(x)
        x = self.Mixed_7a(x)
        x = self.Mixed_7b(x)
        x = self.Mixed_7c(x)
        x = self.dropout(ops.mean(x, (1, 2)))
        return self.fc(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
