"""UNet in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import Sequential, layers, ops


class Up(layers.Layer):
    """To the size of the map that it is joined with."""

    def __init__(self, in_channels):
        super().__init__()
        conv = [
            layers.Conv2D(in_channels // 2, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(in_channels // 2, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.conv = Sequential(conv)

    def call(self, x, y):
        y = ops.concatenate((y, bilinear_resize_like(x, y, True)), -1)
        return self.conv(y)


class UNet(keras.Model):
    def __init__(self):
        super().__init__()
        inc = [
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.inc = Sequential(inc)
        self.max_pool = layers.MaxPooling2D(2, 2)
        self.downs = []
        downs_0 = [
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(8, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        downs_0 = Sequential(downs_0)
        self.downs.append(downs_0)
        downs_1 = [
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        downs_1 = Sequential(downs_1)
        self.downs.append(downs_1)
        self.max_pool_1 = layers.MaxPooling2D(2, 2)
        self.ups = [Up(16), Up(8)]
        self.outc = layers.Conv2D(2, 1)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.inc(x)
        y = self.max_pool(x)
        y = self.downs[0](y)
        z = self.max_pool_1(y)
        z = self.downs[1](z)
        z = self.ups[0](z, y)
        z = self.ups[1](z, x)
        return self.outc(z)


def bilinear_resize_like(x, like, align_corners):
    """Bilinear resizing to the height and width of another map, one axis after the other."""
    for axis in (1, 2):
        sizes = ops.shape(x)[axis], ops.shape(like)[axis]
        m, n = (ops.cast(size, x.dtype) for size in sizes)
        scale, shift = ((m - 1) / ops.maximum(n - 1, 1), 0) if align_corners else (m / n, 0.5)
        at = ops.clip((ops.cast(ops.arange(sizes[1]), x.dtype) + shift) * scale - shift, 0, m - 1)
        low = ops.cast(at, "int32")
        part = ops.reshape(at - ops.cast(low, x.dtype), (-1, *[1] * (3 - axis)))
        x = ops.take(x, low, axis) * (1 - part) + ops.take(x, ops.minimum(low + 1, sizes[0] - 1), axis) * part
    return x
