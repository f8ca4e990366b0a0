"""MobileNet V1 (timm) in Keras, line for line the twin of its PyTorch file.

Howard et al. 2017, MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, table 1.
"""

import keras
from keras import Sequential, layers, ops


class DepthwiseSeparable(layers.Layer):
    """Depthwise 3x3 and 1x1 convolution, each with batch normalisation and activation."""

    def __init__(self, channels, stride=1):
        super().__init__()
        self.conv_dw = padded(1, layers.DepthwiseConv2D(3, strides=stride, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv_pw = layers.Conv2D(channels, 1, use_bias=False)
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        x = ops.relu6(self.bn1(self.conv_dw(x)))
        return ops.relu6(self.bn2(self.conv_pw(x)))


class MobileNetV1Timm(keras.Model):
    """MobileNet: depthwise separable convolutions of one kind, without shortcuts."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv_stem = padded(1, layers.Conv2D(32, 3, strides=2, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        blocks_0 = Sequential([DepthwiseSeparable(64)])
        blocks_1 = Sequential([DepthwiseSeparable(128, stride=2), DepthwiseSeparable(128)])
        blocks_2 = Sequential([DepthwiseSeparable(256, stride=2), DepthwiseSeparable(256)])
        blocks_3 = [
            DepthwiseSeparable(512, stride=2),
            *[DepthwiseSeparable(512) for _ in range(5)],
        ]
        blocks_3 = Sequential(blocks_3)
        blocks_4 = Sequential([DepthwiseSeparable(1024, stride=2), DepthwiseSeparable(1024)])
        blocks = [
            blocks_0,
            blocks_1,
            blocks_2,
            blocks_3,
            blocks_4,
        ]
        self.blocks = Sequential(blocks)
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu6(self.bn1(self.conv_stem(x)))
        x = self.blocks(x)
        return self.classifier(ops.mean(x, (1, 2)))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
