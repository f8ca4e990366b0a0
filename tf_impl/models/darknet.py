"""Darknet-53 (timm) in Keras, line for line the twin of its PyTorch file.

Redmon & Farhadi 2018, YOLOv3: An Incremental Improvement, table 1.
"""

import keras
from keras import Sequential, layers, ops


class Head(layers.Layer):
    """The mean of each channel, and a linear layer."""

    def __init__(self, num_classes):
        super().__init__()
        self.fc = layers.Dense(num_classes)

    def call(self, x):
        return self.fc(ops.mean(x, (1, 2)))


class ConvBnAct(layers.Layer):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return leaky_relu(self.bn(self.conv(x)), 0.01)


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


class Darknet53Timm(keras.Model):
    """A convolution and five stages of residual units."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.stem = Sequential()
        self.stem.add(ConvBnAct(32, 3))
        stages_0 = Sequential()
        stages_0.add(ConvBnAct(64, 3, stride=2))
        stages_0_blocks = Sequential([DarkResidual(64, 32)])
        stages_0.add(stages_0_blocks)
        stages_1 = Sequential()
        stages_1.add(ConvBnAct(128, 3, stride=2))
        stages_1_blocks = Sequential([DarkResidual(128, 64) for _ in range(2)])
        stages_1.add(stages_1_blocks)
        stages_2 = Sequential()
        stages_2.add(ConvBnAct(256, 3, stride=2))
        stages_2_blocks = Sequential([DarkResidual(256, 128) for _ in range(8)])
        stages_2.add(stages_2_blocks)
        stages_3 = Sequential()
        stages_3.add(ConvBnAct(512, 3, stride=2))
        stages_3_blocks = Sequential([DarkResidual(512, 256) for _ in range(8)])
        stages_3.add(stages_3_blocks)
        stages_4 = Sequential()
        stages_4.add(ConvBnAct(1024, 3, stride=2))
        stages_4_blocks = Sequential([DarkResidual(1024, 512) for _ in range(4)])
        stages_4.add(stages_4_blocks)
        stages = [
            stages_0,
            stages_1,
            stages_2,
            stages_3,
            stages_4,
        ]
        self.stages = Sequential(stages)
        self.head = Head(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.stem(x)
        x = self.stages(x)
        return self.head(x)


def leaky_relu(x, slope):
    """Negative numbers times the slope; Keras's own rounds the slope to float32."""
    return ops.relu(x) - slope * ops.relu(-x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
