"""YOLOv5s in Keras, line for line the twin of its PyTorch file.

Jocher et al. 2020, YOLOv5.
"""

import keras
from keras import Sequential, layers, ops


class ConvBnAct(layers.Layer):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(momentum=0.97)

    def call(self, x):
        return ops.silu(self.bn(self.conv(x)))


class CspBottleneckNoShortcut(layers.Layer):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, 3)

    def call(self, x):
        x = self.conv1(x)
        return self.conv2(x)


class C3(layers.Layer):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = ConvBnAct(channels // 2, 1)
        self.m = Sequential([CspBottleneckNoShortcut(channels // 2)])
        self.conv2 = ConvBnAct(channels // 2, 1)
        self.conv3 = ConvBnAct(channels, 1)

    def call(self, x):
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = ops.concatenate((m, conv2), -1)
        return self.conv3(m)


class Pan(layers.Layer):
    """Maps of halving size, the largest first, to maps of the same shapes that know of the levels above and below."""

    def __init__(self, in_channels):
        super().__init__()
        self.narrow = []
        self.narrow.append(ConvBnAct(in_channels[1], 1))
        self.narrow.append(ConvBnAct(in_channels[0], 1))
        self.resize = layers.UpSampling2D(2)
        self.top_down = []
        self.top_down.append(C3(in_channels[1]))
        self.top_down.append(C3(in_channels[0]))
        self.resize_1 = layers.UpSampling2D(2)
        self.down = []
        self.down.append(ConvBnAct(in_channels[0], 3, stride=2))
        self.down.append(ConvBnAct(in_channels[1], 3, stride=2))
        self.bottom_up = []
        self.bottom_up.append(C3(in_channels[1]))
        self.bottom_up.append(C3(in_channels[2]))

    def call(self, xs):
        narrow_0 = self.narrow[0](xs[2])
        narrow = ops.concatenate((self.resize(narrow_0), xs[1]), -1)
        narrow = self.top_down[0](narrow)
        narrow = self.narrow[1](narrow)
        down = ops.concatenate((self.resize_1(narrow), xs[0]), -1)
        down = self.top_down[1](down)
        x = self.down[0](down)
        x = ops.concatenate((x, narrow), -1)
        x = self.bottom_up[0](x)
        y = self.down[1](x)
        y = ops.concatenate((y, narrow_0), -1)
        y = self.bottom_up[1](y)
        return [down, x, y]


class Sppf(layers.Layer):
    """The map and what it is after one, two, ... pools of an odd size, as channels in this order."""

    def __init__(self, kernel=5):
        super().__init__()
        self.pool1 = layers.MaxPooling2D(kernel, 1, padding="same")
        self.pool2 = layers.MaxPooling2D(kernel, 1, padding="same")
        self.pool3 = layers.MaxPooling2D(kernel, 1, padding="same")

    def call(self, x):
        pool1 = self.pool1(x)
        pool2 = self.pool2(pool1)
        return ops.concatenate((x, pool1, pool2, self.pool3(pool2)), -1)


class SppBottleneck(layers.Layer):
    """A 1x1 convolution to half of the channels, pyramid pooling, and another 1x1 convolution."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels // 2, 1)
        self.pool = Sppf()
        self.conv2 = ConvBnAct(channels, 1)

    def call(self, x):
        x = self.conv1(x)
        x = self.pool(x)
        return self.conv2(x)


class CspBottleneck(layers.Layer):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, 3)

    def call(self, x):
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class C3Shortcut(layers.Layer):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = ConvBnAct(channels // 2, 1)
        self.m = Sequential([CspBottleneck(channels // 2)])
        self.conv2 = ConvBnAct(channels // 2, 1)
        self.conv3 = ConvBnAct(channels, 1)

    def call(self, x):
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = ops.concatenate((m, conv2), -1)
        return self.conv3(m)


class C3Depth3(layers.Layer):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = ConvBnAct(channels // 2, 1)
        self.m = Sequential([CspBottleneck(channels // 2) for _ in range(3)])
        self.conv2 = ConvBnAct(channels // 2, 1)
        self.conv3 = ConvBnAct(channels, 1)

    def call(self, x):
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = ops.concatenate((m, conv2), -1)
        return self.conv3(m)


class C3Depth2(layers.Layer):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, channels):
        super().__init__()
        self.conv1 = ConvBnAct(channels // 2, 1)
        self.m = Sequential([CspBottleneck(channels // 2) for _ in range(2)])
        self.conv2 = ConvBnAct(channels // 2, 1)
        self.conv3 = ConvBnAct(channels, 1)

    def call(self, x):
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = ops.concatenate((m, conv2), -1)
        return self.conv3(m)


class Stem(layers.Layer):
    """6x6 convolution of stride 2, in place of Focus: each of its 3x3 places is a square of 2x2 pixels."""

    def __init__(self, channels):
        super().__init__()
        self.conv = padded(2, layers.Conv2D(channels, 6, strides=2, use_bias=False))
        self.bn = layers.BatchNormalization(momentum=0.97)

    def call(self, x):
        return ops.silu(self.bn(self.conv(x)))


class CspDarknet(layers.Layer):
    """The maps of 1/8, 1/16, 1/32 of the image, with 4, 8 and 16 times the channels of the stem."""

    def __init__(self, width):
        super().__init__()
        self.stem = Stem(width)
        dark2 = [
            ConvBnAct(2 * width, 3, stride=2),
            C3Shortcut(2 * width),
        ]
        self.dark2 = Sequential(dark2)
        dark3 = [
            ConvBnAct(4 * width, 3, stride=2),
            C3Depth2(4 * width),
        ]
        self.dark3 = Sequential(dark3)
        dark4 = [
            ConvBnAct(8 * width, 3, stride=2),
            C3Depth3(8 * width),
        ]
        self.dark4 = Sequential(dark4)
        dark5 = [
            ConvBnAct(16 * width, 3, stride=2),
            C3Shortcut(16 * width),
            SppBottleneck(16 * width, 16 * width),
        ]
        self.dark5 = Sequential(dark5)

    def call(self, x):
        x = self.stem(x)
        x = self.dark2(x)
        x = self.dark3(x)
        y = self.dark4(x)
        z = self.dark5(y)
        return [x, y, z]


class YOLOv5s(keras.Model):
    """CSPDarknet, path aggregation, and a 1x1 convolution on each level."""

    def __init__(self, num_classes=80):
        super().__init__()
        self.backbone = CspDarknet(32)
        self.neck = Pan((128, 256, 512))
        self.head = []
        self.head.append(layers.Conv2D(3 * num_classes + 15, 1))
        self.head.append(layers.Conv2D(3 * num_classes + 15, 1))
        self.head.append(layers.Conv2D(3 * num_classes + 15, 1))

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x, y, z = self.backbone(x)
        x, y, z = self.neck([x, y, z])
        s8 = self.head[0](x)
        s16 = self.head[1](y)
        s32 = self.head[2](z)
        return {"s8": s8, "s16": s16, "s32": s32}


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
