"""EfficientDet-D0 in Keras, line for line the twin of its PyTorch file.

Tan, Pang & Le 2020, EfficientDet: Scalable and Efficient Object Detection, table 1.
"""

import keras
from keras import Sequential, layers, ops


class SeparableConvBias(layers.Layer):
    """Depthwise convolution, then 1x1 with a bias."""

    def __init__(self, channels, kernel=3):
        super().__init__()
        self.conv_dw = padded(kernel // 2, layers.DepthwiseConv2D(kernel, use_bias=False))
        self.conv_pw = layers.Conv2D(channels, 1)

    def call(self, x):
        return self.conv_pw(self.conv_dw(x))


class LevelHead(layers.Layer):
    """The raw map of one level: separable convolutions, each normalised as this level needs, and one to `outputs`."""

    def __init__(self, in_channels, outputs):
        super().__init__()
        self.conv_rep = [SeparableConvBias(in_channels) for _ in range(3)]
        self.bn_rep = []
        self.bn_rep.append([layers.BatchNormalization() for _ in range(5)])
        self.bn_rep.append([layers.BatchNormalization() for _ in range(5)])
        self.bn_rep.append([layers.BatchNormalization() for _ in range(5)])
        self.predict_ = SeparableConvBias(outputs)
        self.built = True  # the parts of later calls are built in those

    def call(self, x, level):
        x = self.conv_rep[0](x)
        x = ops.silu(self.bn_rep[0][level](x))
        x = self.conv_rep[1](x)
        x = ops.silu(self.bn_rep[1][level](x))
        x = self.conv_rep[2](x)
        x = ops.silu(self.bn_rep[2][level](x))
        return self.predict_(x)


class FusedBelowOf1(layers.Layer):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, width):
        super().__init__()
        self.max_pool = layers.MaxPooling2D(3, 2, padding="same")
        self.edge_weights = self.add_weight((2,), "ones")
        self.conv = SeparableConvBias(width)
        self.bn = layers.BatchNormalization()

    def call(self, xs, below):
        below = self.max_pool(below)
        x = ops.silu(fast_weighted_sum(self.edge_weights, xs[0], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedBelow(layers.Layer):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, width):
        super().__init__()
        self.max_pool = layers.MaxPooling2D(3, 2, padding="same")
        self.edge_weights = self.add_weight((3,), "ones")
        self.conv = SeparableConvBias(width)
        self.bn = layers.BatchNormalization()

    def call(self, xs, below):
        below = self.max_pool(below)
        x = ops.silu(fast_weighted_sum(self.edge_weights, xs[0], xs[1], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedAbove(layers.Layer):
    """A map and that of the level above in a weighted sum, then a separable convolution."""

    def __init__(self, width):
        super().__init__()
        self.edge_weights = self.add_weight((2,), "ones")
        self.conv = SeparableConvBias(width)
        self.bn = layers.BatchNormalization()

    def call(self, x, above):
        above = nearest_resize_like(above, x, False)
        x = ops.silu(fast_weighted_sum(self.edge_weights, x, above, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class Bifpn(layers.Layer):
    """Two maps or more of halving size, the largest first, to as many of these sizes and `width` channels."""

    def __init__(self, width):
        super().__init__()
        self.fnode = []
        self.fnode.append(FusedAbove(width))
        self.fnode.append(FusedAbove(width))
        self.fnode.append(FusedAbove(width))
        self.fnode.append(FusedAbove(width))
        self.fnode.append(FusedBelow(width))
        self.fnode.append(FusedBelow(width))
        self.fnode.append(FusedBelow(width))
        self.fnode.append(FusedBelowOf1(width))

    def call(self, xs):
        x = self.fnode[0](xs[3], xs[4])
        y = self.fnode[1](xs[2], x)
        z = self.fnode[2](xs[1], y)
        u = self.fnode[3](xs[0], z)
        z = self.fnode[4]([xs[1], z], u)
        y = self.fnode[5]([xs[2], y], z)
        x = self.fnode[6]([xs[3], x], y)
        v = self.fnode[7]([xs[4]], x)
        return [u, z, y, x, v]


class LinearBn(layers.Layer):
    """A 1x1 convolution with a bias, and batch normalisation, as the authors have both."""

    def __init__(self, width):
        super().__init__()
        self.conv = layers.Conv2D(width, 1)
        self.bn = layers.BatchNormalization()

    def call(self, x):
        return self.bn(self.conv(x))


class FusedBelowLateral(layers.Layer):
    """The maps of a level and that of the level below in a weighted sum, then a separable convolution."""

    def __init__(self, width):
        super().__init__()
        self.lateral = LinearBn(width)
        self.max_pool = layers.MaxPooling2D(3, 2, padding="same")
        self.edge_weights = self.add_weight((3,), "ones")
        self.conv = SeparableConvBias(width)
        self.bn = layers.BatchNormalization()

    def call(self, xs, below):
        x = self.lateral(xs[0])
        below = self.max_pool(below)
        x = ops.silu(fast_weighted_sum(self.edge_weights, x, xs[1], below, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class FusedAboveLateral(layers.Layer):
    """A map and that of the level above in a weighted sum, then a separable convolution."""

    def __init__(self, width):
        super().__init__()
        self.lateral = LinearBn(width)
        self.edge_weights = self.add_weight((2,), "ones")
        self.conv = SeparableConvBias(width)
        self.bn = layers.BatchNormalization()

    def call(self, x, above):
        x = self.lateral(x)
        above = nearest_resize_like(above, x, False)
        x = ops.silu(fast_weighted_sum(self.edge_weights, x, above, eps=0.0001))
        x = self.conv(x)
        return self.bn(x)


class BifpnConvKernel1(layers.Layer):
    """Two maps or more of halving size, the largest first, to as many of these sizes and `width` channels."""

    def __init__(self, width):
        super().__init__()
        self.fnode = []
        self.fnode.append(FusedAbove(width))
        self.fnode.append(FusedAboveLateral(width))
        self.fnode.append(FusedAboveLateral(width))
        self.fnode.append(FusedAboveLateral(width))
        self.fnode.append(FusedBelowLateral(width))
        self.fnode.append(FusedBelowLateral(width))
        self.fnode.append(FusedBelow(width))
        self.fnode.append(FusedBelowOf1(width))

    def call(self, xs):
        x = self.fnode[0](xs[3], xs[4])
        y = self.fnode[1](xs[2], x)
        z = self.fnode[2](xs[1], y)
        u = self.fnode[3](xs[0], z)
        z = self.fnode[4]([xs[1], z], u)
        y = self.fnode[5]([xs[2], y], z)
        x = self.fnode[6]([xs[3], x], y)
        v = self.fnode[7]([xs[4]], x)
        return [u, z, y, x, v]


class Pyramid(layers.Layer):
    """Levels 6 and 7, which are pooled, and cells of BiFPN over all five."""

    def __init__(self, width):
        super().__init__()
        self.resample = LinearBn(width)
        self.max_pool = layers.MaxPooling2D(3, 2, padding="same")
        self.max_pool_1 = layers.MaxPooling2D(3, 2, padding="same")
        self.cell = []
        self.cell.append(BifpnConvKernel1(width))
        self.cell.append(Bifpn(width))
        self.cell.append(Bifpn(width))

    def call(self, xs):
        x = self.resample(xs[2])
        x = self.max_pool(x)
        y = self.max_pool_1(x)
        x, y, z, u, v = self.cell[0]([xs[0], xs[1], xs[2], x, y])
        x, y, z, u, v = self.cell[1]([x, y, z, u, v])
        return self.cell[2]([x, y, z, u, v])


class ConvNormLinear(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False, groups=groups),
            layers.BatchNormalization(momentum=0.9),
        ]
        super().__init__(steps)


class SqueezeExcite(layers.Layer):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.fc1 = layers.Conv2D(squeeze, 1)
        self.fc2 = layers.Conv2D(in_channels, 1)

    def call(self, x):
        y = ops.silu(self.fc1(self.adaptive_avg_pool(x)))
        y = ops.sigmoid(self.fc2(y))
        return x * y


class ConvNormDepthwise(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNorm: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, kernel, stride=1):
        steps = [
            layers.DepthwiseConv2D(kernel, strides=stride, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("silu"),
        ]
        super().__init__(steps)


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False, groups=groups),
            layers.BatchNormalization(momentum=0.9),
            layers.Activation("silu"),
        ]
        super().__init__(steps)


class InvertedResidualNoShortcut(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class InvertedResidual(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNorm(width, 1),
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(layers.Layer):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormDepthwise(kernel, stride=stride),
            SqueezeExcite(width, squeeze),
            ConvNormLinear(channels, 1),
        ]
        self.block = Sequential(block)

    def call(self, x):
        return self.block(x)


class Features(layers.Layer):
    """EfficientNet without its top; the maps of 1/8, 1/16 and 1/32 of the image."""

    def __init__(self):
        super().__init__()
        self.features = []
        self.features.append(ConvNorm(32, 3, stride=2))
        self.features.append(Sequential([InvertedResidualNoShortcutNoExpansion(32, 16, squeeze=8)]))
        features_2 = [
            InvertedResidualNoShortcut(96, 24, stride=2, squeeze=4),
            InvertedResidual(144, 24, squeeze=6),
        ]
        features_2 = Sequential(features_2)
        self.features.append(features_2)
        features_3 = [
            InvertedResidualNoShortcut(144, 40, kernel=5, stride=2, squeeze=6),
            InvertedResidual(240, 40, kernel=5, squeeze=10),
        ]
        features_3 = Sequential(features_3)
        self.features.append(features_3)
        features_4 = [
            InvertedResidualNoShortcut(240, 80, stride=2, squeeze=10),
            *[InvertedResidual(480, 80, squeeze=20) for _ in range(2)],
        ]
        features_4 = Sequential(features_4)
        self.features.append(features_4)
        features_5 = [
            InvertedResidualNoShortcut(480, 112, kernel=5, squeeze=20),
            *[InvertedResidual(672, 112, kernel=5, squeeze=28) for _ in range(2)],
        ]
        features_5 = Sequential(features_5)
        self.features.append(features_5)
        features_6 = [
            InvertedResidualNoShortcut(672, 192, kernel=5, stride=2, squeeze=28),
            *[InvertedResidual(1152, 192, kernel=5, squeeze=48) for _ in range(3)],
        ]
        features_6 = Sequential(features_6)
        self.features.append(features_6)
        self.features.append(Sequential([InvertedResidualNoShortcut(1152, 320, squeeze=48)]))

    def call(self, x):
        x = self.features[0](x)
        x = self.features[1](x)
        x = self.features[2](x)
        x = self.features[3](x)
        y = self.features[4](x)
        y = self.features[5](y)
        z = self.features[6](y)
        z = self.features[7](z)
        return [x, y, z]


class EfficientDetD0(keras.Model):
    """EfficientNet, BiFPN, and the same two heads on each level."""

    def __init__(self, num_classes=90):
        super().__init__()
        self.backbone = Features()
        self.fpn = Pyramid(64)
        self.class_net = LevelHead(64, 9 * num_classes)
        self.box_net = LevelHead(64, 36)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x, y, z = self.backbone(x)
        x, y, z, u, v = self.fpn([x, y, z])
        class_p3 = self.class_net(x, level=0)
        class_p4 = self.class_net(y, level=1)
        class_p5 = self.class_net(z, level=2)
        class_p6 = self.class_net(u, level=3)
        class_p7 = self.class_net(v, level=4)
        box_p3 = self.box_net(x, level=0)
        box_p4 = self.box_net(y, level=1)
        box_p5 = self.box_net(z, level=2)
        box_p6 = self.box_net(u, level=3)
        box_p7 = self.box_net(v, level=4)
        return {
            "class_p3": class_p3,
            "class_p4": class_p4,
            "class_p5": class_p5,
            "class_p6": class_p6,
            "class_p7": class_p7,
            "box_p3": box_p3,
            "box_p4": box_p4,
            "box_p5": box_p5,
            "box_p6": box_p6,
            "box_p7": box_p7,
        }


# Conv2dSame of the PyTorch twin is layers.Conv2D, or layers.DepthwiseConv2D, with padding="same". A window of kernel k
# and dilation d extends over (k - 1) * d + 1 rows.
#
# At stride 1 and an odd extent SAME puts (extent - 1) / 2 zeros on every side, as PyTorch's `padding` would do; at
# stride 2 an even size makes the difference: a kernel of 3 gets no zero above and one below, a kernel of 7 gets two
# above and three below.


def fast_weighted_sum(weights, *maps, eps):
    """The sum of maps, each times the share of its weight, of which none counts as less than zero."""
    weights = ops.relu(weights)[..., None, None, None]
    total = ops.sum(weights, -4) + eps
    return sum(x * weight / total for x, weight in zip(maps, ops.unstack(weights, axis=-4), strict=True))


# MaxPool2dSame of the PyTorch twin is layers.MaxPooling2D with padding="same".
#
# The places that SAME adds never win a maximum, whatever the sign of the numbers: the
# twin pads with minus infinity. nn.MaxPool2d pads with it too, but the same number of
# places at both ends, so that at an even size and stride 2 its windows stand one pixel
# off.


def nearest_resize_like(x, like, half_pixel):
    """Nearest resizing: pixel i of n reads pixel i * m // n of m, or the one under its middle."""
    for axis in (1, 2):
        m, n = ops.shape(x)[axis], ops.shape(like)[axis]
        i = ops.arange(n)
        x = ops.take(x, (2 * i + 1) * m // (2 * n) if half_pixel else i * m // n, axis)
    return x


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])


# SAME padding is built into Keras, and its PyTorch twin writes it out here: n rows under a stride become ceil(n /
# stride), and what the last window of `extent` rows lacks is added,
#
#     total = max((ceil(n / stride) - 1) * stride + extent - n, 0)
#
# half of it above and half below, the odd one below; columns likewise. The `padding` of PyTorch's layers is the same at
# both ends, so that wherever `total` is odd its windows would stand one pixel off. What is added counts as zero in a
# convolution, and not at all in a pool.
