"""YOLOv4 in Keras, line for line the twin of its PyTorch file.

Bochkovskiy et al. 2020, YOLOv4: Optimal Speed and Accuracy of Object Detection, section 3.4.
"""

import keras
from keras import Sequential, layers, ops


class ConvBnActLeakyRelu(layers.Layer):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(epsilon=1e-5)

    def call(self, x):
        return leaky_relu(self.bn(self.conv(x)), 0.1)


class YoloHead(layers.Layer):
    """A 3x3 convolution to `channels`, and a 1x1 with a bias: the raw map of one level."""

    def __init__(self, channels, outputs):
        super().__init__()
        self.conv1 = ConvBnActLeakyRelu(channels, 3)
        self.conv2 = layers.Conv2D(outputs, 1)

    def call(self, x):
        x = self.conv1(x)
        return self.conv2(x)


class ConvSet(Sequential):
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many."""

    def __init__(self, width):
        steps = [
            ConvBnActLeakyRelu(width, 1),
            ConvBnActLeakyRelu(2 * width, 3),
            ConvBnActLeakyRelu(width, 1),
            ConvBnActLeakyRelu(2 * width, 3),
            ConvBnActLeakyRelu(width, 1),
        ]
        super().__init__(steps)


class BottomUp(layers.Layer):
    """A fine map in 3x3 `channels` at half its size, then the coarse map of that size beside it."""

    def __init__(self, channels):
        super().__init__()
        self.conv_down = ConvBnActLeakyRelu(channels, 3, stride=2)

    def call(self, x, coarse):
        x = self.conv_down(x)
        return ops.concatenate((x, coarse), -1)


class TopDown(layers.Layer):
    """A coarse map in 1x1 `channels` at twice its size, then the tapped map of that size beside it."""

    def __init__(self, channels):
        super().__init__()
        self.conv_up = ConvBnActLeakyRelu(channels, 1)
        self.resize = layers.UpSampling2D(2)
        self.conv_lateral = ConvBnActLeakyRelu(channels, 1)

    def call(self, x, tap):
        conv_up = self.conv_up(x)
        conv_up = self.resize(conv_up)
        conv_lateral = self.conv_lateral(tap)
        return ops.concatenate((conv_lateral, conv_up), -1)


class Spp(layers.Layer):
    """The map and its maxima over windows of these odd sizes, side by side at one resolution."""

    def __init__(self, kernels=(5, 9, 13)):
        super().__init__()
        self.pool13 = layers.MaxPooling2D(kernels[0], 1, padding="same")
        self.pool9 = layers.MaxPooling2D(kernels[1], 1, padding="same")
        self.pool5 = layers.MaxPooling2D(kernels[2], 1, padding="same")

    def call(self, x):
        pool13 = self.pool13(x)
        pool9 = self.pool9(x)
        return ops.concatenate((pool13, pool9, self.pool5(x), x), -1)


class SppSet(Sequential):
    """The set of the coarsest level in YOLOv3-SPP and YOLOv4: pools in its middle, and a 1x1 to narrow them."""

    def __init__(self, width):
        steps = [
            ConvBnActLeakyRelu(width, 1),
            ConvBnActLeakyRelu(2 * width, 3),
            ConvBnActLeakyRelu(width, 1),
            Spp(kernels=(13, 9, 5)),
            ConvBnActLeakyRelu(width, 1),
            ConvBnActLeakyRelu(2 * width, 3),
            ConvBnActLeakyRelu(width, 1),
        ]
        super().__init__(steps)


class ConvBnAct(layers.Layer):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(epsilon=1e-5)

    def call(self, x):
        return mish(self.bn(self.conv(x)))


class DarkResidual(layers.Layer):
    """1x1 convolution to `width` channels, 3x3 back to those of the input, and a shortcut."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.conv1 = ConvBnAct(width, 1)
        self.conv2 = ConvBnAct(in_channels, 3)

    def call(self, x):
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class CspDarkDepth4(layers.Layer):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(width, 1)
        self.conv_part2 = ConvBnAct(width, 1)
        self.blocks = Sequential([DarkResidual(width, inner) for _ in range(4)])
        self.conv_transition_b = ConvBnAct(width, 1)
        self.conv_transition = ConvBnAct(channels, 1)

    def call(self, x):
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = ops.concatenate((conv_transition_b, conv_part1), -1)
        return self.conv_transition(conv_transition_b)


class CspDark(layers.Layer):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(width, 1)
        self.conv_part2 = ConvBnAct(width, 1)
        self.blocks = Sequential([DarkResidual(width, inner) for _ in range(8)])
        self.conv_transition_b = ConvBnAct(width, 1)
        self.conv_transition = ConvBnAct(channels, 1)

    def call(self, x):
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = ops.concatenate((conv_transition_b, conv_part1), -1)
        return self.conv_transition(conv_transition_b)


class CspDarkDepth2(layers.Layer):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(width, 1)
        self.conv_part2 = ConvBnAct(width, 1)
        self.blocks = Sequential([DarkResidual(width, inner) for _ in range(2)])
        self.conv_transition_b = ConvBnAct(width, 1)
        self.conv_transition = ConvBnAct(channels, 1)

    def call(self, x):
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = ops.concatenate((conv_transition_b, conv_part1), -1)
        return self.conv_transition(conv_transition_b)


class CspDarkDepth1(layers.Layer):
    """3x3 of stride 2, two ways of `width` channels, one of them through residual units, and both in `channels`."""

    def __init__(self, channels, width, inner):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.conv_part1 = ConvBnAct(width, 1)
        self.conv_part2 = ConvBnAct(width, 1)
        self.blocks = Sequential([DarkResidual(width, inner)])
        self.conv_transition_b = ConvBnAct(width, 1)
        self.conv_transition = ConvBnAct(channels, 1)

    def call(self, x):
        x = self.conv_down(x)
        conv_part1 = self.conv_part1(x)
        conv_transition_b = self.conv_part2(x)
        conv_transition_b = self.blocks(conv_transition_b)
        conv_transition_b = self.conv_transition_b(conv_transition_b)
        conv_transition_b = ops.concatenate((conv_transition_b, conv_part1), -1)
        return self.conv_transition(conv_transition_b)


class CspDarknet53(layers.Layer):
    """CSPDarknet-53 without its head: the maps at strides 8, 16 and 32."""

    def __init__(self):
        super().__init__()
        self.stem = ConvBnAct(32, 3)
        self.stages = []
        self.stages.append(CspDarkDepth1(64, 64, 32))
        self.stages.append(CspDarkDepth2(128, 64, 64))
        self.stages.append(CspDark(256, 128, 128))
        self.stages.append(CspDark(512, 256, 256))
        self.stages.append(CspDarkDepth4(1024, 512, 512))

    def call(self, x):
        x = self.stem(x)
        x = self.stages[0](x)
        x = self.stages[1](x)
        x = self.stages[2](x)
        y = self.stages[3](x)
        z = self.stages[4](y)
        return [x, y, z]


class YOLOv4(keras.Model):
    """CSPDarknet-53, pools of three sizes, a path from the top down, another from the bottom up, and three maps."""

    def __init__(self, num_classes=80):
        super().__init__()
        self.backbone = CspDarknet53()
        self.set_p5 = SppSet(512)
        self.join_p4 = TopDown(256)
        self.set_p4 = ConvSet(256)
        self.join_p3 = TopDown(128)
        self.set_p3 = ConvSet(128)
        self.head_s8 = YoloHead(256, 3 * num_classes + 15)
        self.join_n4 = BottomUp(256)
        self.set_n4 = ConvSet(256)
        self.head_s16 = YoloHead(512, 3 * num_classes + 15)
        self.join_n5 = BottomUp(512)
        self.set_n5 = ConvSet(512)
        self.head_s32 = YoloHead(1024, 3 * num_classes + 15)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x, y, z = self.backbone(x)
        z = self.set_p5(z)
        y = self.join_p4(z, y)
        y = self.set_p4(y)
        x = self.join_p3(y, x)
        x = self.set_p3(x)
        s8 = self.head_s8(x)
        x = self.join_n4(x, y)
        x = self.set_n4(x)
        s16 = self.head_s16(x)
        x = self.join_n5(x, z)
        x = self.set_n5(x)
        s32 = self.head_s32(x)
        return {"s8": s8, "s16": s16, "s32": s32}


def leaky_relu(x, slope):
    """Negative numbers times the slope; Keras's own rounds the slope to float32."""
    return ops.relu(x) - slope * ops.relu(-x)


def mish(x):
    """x * tanh(softplus(x)) (Misra 2019); Keras's own takes no keras.Input."""
    return x * ops.tanh(ops.softplus(x))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
