"""YOLOv3 in Keras, line for line the twin of its PyTorch file.

Redmon & Farhadi 2018, YOLOv3: An Incremental Improvement, table 1 and section 2.3.
"""

import keras
from keras import Sequential, layers, ops


class ConvBnAct(layers.Layer):
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
        self.conv1 = ConvBnAct(channels, 3)
        self.conv2 = layers.Conv2D(outputs, 1)

    def call(self, x):
        x = self.conv1(x)
        return self.conv2(x)


class ConvSet(Sequential):
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many."""

    def __init__(self, width):
        steps = [
            ConvBnAct(width, 1),
            ConvBnAct(2 * width, 3),
            ConvBnAct(width, 1),
            ConvBnAct(2 * width, 3),
            ConvBnAct(width, 1),
        ]
        super().__init__(steps)


class TopDown(layers.Layer):
    """A coarse map in 1x1 `channels` at twice its size, then the tapped map of that size beside it."""

    def __init__(self, channels):
        super().__init__()
        self.conv_up = ConvBnAct(channels, 1)
        self.resize = layers.UpSampling2D(2)

    def call(self, x, tap):
        x = self.conv_up(x)
        return ops.concatenate((self.resize(x), tap), -1)


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


class DarkStageDepth4(layers.Layer):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, channels):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.blocks = Sequential([DarkResidual(channels, channels // 2) for _ in range(4)])

    def call(self, x):
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStage(layers.Layer):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, channels):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.blocks = Sequential([DarkResidual(channels, channels // 2) for _ in range(8)])

    def call(self, x):
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStageDepth2(layers.Layer):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, channels):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.blocks = Sequential([DarkResidual(channels, channels // 2) for _ in range(2)])

    def call(self, x):
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStageDepth1(layers.Layer):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, channels):
        super().__init__()
        self.conv_down = ConvBnAct(channels, 3, stride=2)
        self.blocks = Sequential([DarkResidual(channels, channels // 2)])

    def call(self, x):
        x = self.conv_down(x)
        return self.blocks(x)


class Darknet53(layers.Layer):
    """Darknet-53 without its head: the maps at strides 8, 16 and 32."""

    def __init__(self):
        super().__init__()
        self.stem = ConvBnAct(32, 3)
        self.stages = []
        self.stages.append(DarkStageDepth1(64))
        self.stages.append(DarkStageDepth2(128))
        self.stages.append(DarkStage(256))
        self.stages.append(DarkStage(512))
        self.stages.append(DarkStageDepth4(1024))

    def call(self, x):
        x = self.stem(x)
        x = self.stages[0](x)
        x = self.stages[1](x)
        x = self.stages[2](x)
        y = self.stages[3](x)
        z = self.stages[4](y)
        return [x, y, z]


class YOLOv3(keras.Model):
    """Darknet-53, and from the top down a set of convolutions and a map at each of three levels."""

    def __init__(self, num_classes=80):
        super().__init__()
        self.backbone = Darknet53()
        self.set_p5 = ConvSet(512)
        self.head_s32 = YoloHead(1024, 3 * num_classes + 15)
        self.join_p4 = TopDown(256)
        self.set_p4 = ConvSet(256)
        self.head_s16 = YoloHead(512, 3 * num_classes + 15)
        self.join_p3 = TopDown(128)
        self.set_p3 = ConvSet(128)
        self.head_s8 = YoloHead(256, 3 * num_classes + 15)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x, y, z = self.backbone(x)
        z = self.set_p5(z)
        s32 = self.head_s32(z)
        z = self.join_p4(z, y)
        z = self.set_p4(z)
        s16 = self.head_s16(z)
        z = self.join_p3(z, x)
        z = self.set_p3(z)
        s8 = self.head_s8(z)
        return {"s32": s32, "s16": s16, "s8": s8}


def leaky_relu(x, slope):
    """Negative numbers times the slope; Keras's own rounds the slope to float32."""
    return ops.relu(x) - slope * ops.relu(-x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
