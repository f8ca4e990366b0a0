"""GhostNet in Keras, line for line the twin of its PyTorch file.

Han et al. 2019, GhostNet: More Features from Cheap Operations, table 1.
"""

import keras
from keras import Sequential, layers, ops


class GhostModuleLinear(layers.Layer):
    """Half the channels by a 1x1 convolution, the others from those by cheap `d` x `d` depthwise filters."""

    def __init__(self, channels, d=3):
        super().__init__()
        primary_conv = [
            layers.Conv2D(channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.primary_conv = Sequential(primary_conv)
        cheap_operation = [
            padded(d // 2, layers.DepthwiseConv2D(d, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        self.cheap_operation = Sequential(cheap_operation)

    def call(self, x):
        primary_conv = self.primary_conv(x)
        cheap_operation = self.cheap_operation(primary_conv)
        return ops.concatenate((primary_conv, cheap_operation), -1)


class SqueezeExcite(layers.Layer):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.fc1 = layers.Conv2D(squeeze, 1)
        self.fc2 = layers.Conv2D(in_channels, 1)
        self.hard_sigmoid = layers.Activation("hard_sigmoid")

    def call(self, x):
        y = ops.relu(self.fc1(self.adaptive_avg_pool(x)))
        y = self.hard_sigmoid(self.fc2(y))
        return x * y


class GhostModule(layers.Layer):
    """Half the channels by a 1x1 convolution, the others from those by cheap `d` x `d` depthwise filters."""

    def __init__(self, channels, d=3):
        super().__init__()
        primary_conv = [
            layers.Conv2D(channels // 2, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.primary_conv = Sequential(primary_conv)
        cheap_operation = [
            padded(d // 2, layers.DepthwiseConv2D(d, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        self.cheap_operation = Sequential(cheap_operation)

    def call(self, x):
        primary_conv = self.primary_conv(x)
        cheap_operation = self.cheap_operation(primary_conv)
        return ops.concatenate((primary_conv, cheap_operation), -1)


class GhostBottleneckGate(layers.Layer):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, width, channels, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(width)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(channels)

    def call(self, x):
        y = self.ghost1(x)
        y = self.se(y)
        y = self.ghost2(y)
        return y + x


class GhostBottleneck(layers.Layer):
    """Expand to `width` channels, project to `channels`, add the shortcut."""

    def __init__(self, width, channels):
        super().__init__()
        self.ghost1 = GhostModule(width)
        self.ghost2 = GhostModuleLinear(channels)

    def call(self, x):
        y = self.ghost1(x)
        y = self.ghost2(y)
        return y + x


class GhostShortcut(Sequential):
    """Depthwise and 1x1 convolution, both without an activation."""

    def __init__(self, channels, size, stride):
        steps = [
            padded(size // 2, layers.DepthwiseConv2D(size, strides=stride, use_bias=False)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.Conv2D(channels, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class GhostBottleneckProjectionGateDepthwise(layers.Layer):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(width)
        self.conv_dw = padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False))
        self.bn_dw = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(channels)
        self.shortcut = GhostShortcut(channels, kernel, stride)

    def call(self, x):
        y = self.ghost1(x)
        y = self.bn_dw(self.conv_dw(y))
        y = self.se(y)
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostBottleneckProjectionGate(layers.Layer):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(width)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(channels)
        self.shortcut = GhostShortcut(channels, kernel, stride)

    def call(self, x):
        y = self.ghost1(x)
        y = self.se(y)
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostBottleneckProjectionDepthwise(layers.Layer):
    """Expand to `width` channels, project to `channels`, add the shortcut."""

    def __init__(self, width, channels, kernel=3, stride=1):
        super().__init__()
        self.ghost1 = GhostModule(width)
        self.conv_dw = padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride, use_bias=False))
        self.bn_dw = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.ghost2 = GhostModuleLinear(channels)
        self.shortcut = GhostShortcut(channels, kernel, stride)

    def call(self, x):
        y = self.ghost1(x)
        y = self.bn_dw(self.conv_dw(y))
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostNet(keras.Model):
    """GhostNet of the given width, which leaves only the last convolution as it is."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv_stem = padded(1, layers.Conv2D(16, 3, strides=2, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        blocks_0 = Sequential([GhostBottleneck(16, 16)])
        blocks_1 = Sequential([GhostBottleneckProjectionDepthwise(48, 24, stride=2)])
        blocks_2 = Sequential([GhostBottleneck(72, 24)])
        blocks_3 = [
            GhostBottleneckProjectionGateDepthwise(72, 40, kernel=5, stride=2, squeeze=20),
        ]
        blocks_3 = Sequential(blocks_3)
        blocks_4 = Sequential([GhostBottleneckGate(120, 40, squeeze=32)])
        blocks_5 = Sequential([GhostBottleneckProjectionDepthwise(240, 80, stride=2)])
        blocks_6 = [
            GhostBottleneck(200, 80),
            *[GhostBottleneck(184, 80) for _ in range(2)],
            GhostBottleneckProjectionGate(480, 112, squeeze=120),
            GhostBottleneckGate(672, 112, squeeze=168),
        ]
        blocks_6 = Sequential(blocks_6)
        blocks_7 = [
            GhostBottleneckProjectionGateDepthwise(672, 160, kernel=5, stride=2, squeeze=168),
        ]
        blocks_7 = Sequential(blocks_7)
        blocks_8 = [
            GhostBottleneck(960, 160),
            GhostBottleneckGate(960, 160, squeeze=240),
            GhostBottleneck(960, 160),
            GhostBottleneckGate(960, 160, squeeze=240),
        ]
        blocks_8 = Sequential(blocks_8)
        blocks_9 = [
            layers.Conv2D(960, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        blocks_9 = Sequential(blocks_9)
        blocks = [
            blocks_0,
            blocks_1,
            blocks_2,
            blocks_3,
            blocks_4,
            blocks_5,
            blocks_6,
            blocks_7,
            blocks_8,
            blocks_9,
        ]
        self.blocks = Sequential(blocks)
        self.global_pool = layers.GlobalAveragePooling2D(keepdims=True)
        self.conv_head = layers.Conv2D(1280, 1)
        self.flatten = layers.Flatten()
        self.dropout = layers.Dropout(0.2)
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.bn1(self.conv_stem(x)))
        x = self.blocks(x)
        x = ops.relu(self.conv_head(self.global_pool(x)))
        x = self.flatten(x)
        x = self.dropout(x)
        return self.classifier(x)


# HardSigmoid of the PyTorch twin is layers.Activation("hard_sigmoid"),
# relu6(x + 3) / 6. nn.Hardsigmoid is the same forward; its gradient is
# a sixth in float32, 3e-8 off, whatever the dtype. Keras 2 had another
# function of this name, clip(0.2 * x + 0.5): see `diptych traps
# hard_sigmoid_of_keras_2`.


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
