"""ResNet-50-D in Keras, line for line the twin of its PyTorch file.

He et al. 2018, Bag of Tricks for Image Classification with Convolutional Neural Networks, figure 2.
"""

import keras
from keras import Sequential, layers, ops


class Bottleneck(layers.Layer):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(width, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(width, 3, strides=stride, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        x = self.bn3(self.conv3(y)) + x
        return ops.relu(x)


class PooledShortcut(Sequential):
    """Average pool and projection (He et al. 2018, Bag of Tricks, figure 2c)."""

    def __init__(self, channels, stride):
        steps = [
            CountedAveragePooling2D(2, stride, ceil_mode=True, include_pad=False),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class BottleneckProjection(layers.Layer):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(width, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(width, 3, strides=stride, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.downsample = PooledShortcut(4 * width, stride)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return ops.relu(y + x)


class PooledShortcutNoAvgPool(Sequential):
    """Average pool and projection (He et al. 2018, Bag of Tricks, figure 2c)."""

    def __init__(self, channels):
        super().__init__()
        self.add(layers.Conv2D(channels, 1, use_bias=False, name="1"))
        self.add(layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name="2"))


class Bottleneck2(layers.Layer):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = layers.Conv2D(width, 1, use_bias=False)
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(width, 3, strides=stride, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv3 = layers.Conv2D(4 * width, 1, use_bias=False)
        self.bn3 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.downsample = PooledShortcutNoAvgPool(4 * width)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return ops.relu(y + x)


class DeepStem(Sequential):
    """Three 3x3 convolutions, the first of stride 2; the normalisation of the last stands outside (figure 2b)."""

    def __init__(self):
        steps = [
            padded(1, layers.Conv2D(32, 3, strides=2, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(32, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
            layers.Conv2D(64, 3, padding="same", use_bias=False),
        ]
        super().__init__(steps)


class ResNet50D(keras.Model):
    """ResNet-D of the given depth."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = DeepStem()
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.maxpool = Sequential([InfinitePadding2D(1), layers.MaxPooling2D(3, 2)])
        self.layer1 = Sequential([Bottleneck2(64), *[Bottleneck(64) for _ in range(2)]])
        layer2 = [
            BottleneckProjection(128, stride=2),
            *[Bottleneck(128) for _ in range(3)],
        ]
        self.layer2 = Sequential(layer2)
        layer3 = [
            BottleneckProjection(256, stride=2),
            *[Bottleneck(256) for _ in range(5)],
        ]
        self.layer3 = Sequential(layer3)
        layer4 = [
            BottleneckProjection(512, stride=2),
            *[Bottleneck(512) for _ in range(2)],
        ]
        self.layer4 = Sequential(layer4)
        self.fc = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.conv1(x)
        x = ops.relu(self.bn1(x))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(ops.mean(x, (1, 2)))


class CountedAveragePooling2D(layers.Layer):
    """Average pooling whose divisor counts the padding (top, bottom, left, right) or not, and never what hangs over."""

    def __init__(self, kernel, stride, pads=(0, 0, 0, 0), ceil_mode=False, include_pad=True):
        super().__init__()
        self.kernel, self.stride = ((size, size) if isinstance(size, int) else size for size in (kernel, stride))
        self.pads, self.ceil_mode, self.include_pad = (pads[:2], pads[2:]), ceil_mode, include_pad

    def call(self, x):
        beyond = [self.overhang(axis, x.shape[1 + axis]) if self.ceil_mode else 0 for axis in (0, 1)]
        inside = ops.pad(
            ops.ones((1, *x.shape[1:3], 1), x.dtype), ((0, 0), *self.pads, (0, 0)), "constant", self.include_pad
        )
        share = ops.average_pool(
            ops.pad(inside, ((0, 0), (0, beyond[0]), (0, beyond[1]), (0, 0))), self.kernel, self.stride
        )
        around = [(before, after + more) for (before, after), more in zip(self.pads, beyond, strict=True)]
        return ops.average_pool(ops.pad(x, ((0, 0), *around, (0, 0))), self.kernel, self.stride) / share

    def overhang(self, axis, size):
        """How far the last window reaches beyond the padded rows or columns."""
        (before, after), kernel, stride = self.pads[axis], self.kernel[axis], self.stride[axis]
        count = -(-(size + before + after - kernel) // stride) + 1
        count -= (count - 1) * stride >= size + before
        return max((count - 1) * stride + kernel - (size + before + after), 0)


class InfinitePadding2D(layers.ZeroPadding2D):
    """Padding with minus infinity, which never wins a maximum; a zero would, where all numbers are negative."""

    def call(self, x):
        return ops.pad(x, ((0, 0), *self.padding, (0, 0)), constant_values=float("-inf"))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
