"""Unet in Keras, line for line the twin of its PyTorch file."""

import keras
from keras import layers, ops


class Unet(keras.Model):
    def __init__(self):
        super().__init__()
        self.down1_conv0 = layers.Conv2D(6, 3, padding="same", use_bias=False)
        self.down1_bn0 = layers.BatchNormalization()
        self.down1_conv1 = layers.Conv2D(6, 3, padding="same", use_bias=False)
        self.down1_bn1 = layers.BatchNormalization()
        self.max_pooling2d = layers.MaxPooling2D(2, 2)
        self.down2_conv0 = layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.down2_bn0 = layers.BatchNormalization()
        self.down2_conv1 = layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.down2_bn1 = layers.BatchNormalization()
        self.max_pooling2d_1 = layers.MaxPooling2D(2, 2)
        self.bottom_conv0 = layers.Conv2D(10, 3, padding="same", use_bias=False)
        self.bottom_bn0 = layers.BatchNormalization()
        self.bottom_conv1 = layers.Conv2D(10, 3, padding="same", use_bias=False)
        self.bottom_bn1 = layers.BatchNormalization()
        self.up_sampling2d = layers.UpSampling2D(2)
        self.up2_conv0 = layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.up2_bn0 = layers.BatchNormalization()
        self.up2_conv1 = layers.Conv2D(8, 3, padding="same", use_bias=False)
        self.up2_bn1 = layers.BatchNormalization()
        self.up1_transposed = TransposedConv2D(8, 6, 3, strides=2)
        self.up1_transposed_crop = layers.Cropping2D(((0, 1), (0, 1)))
        self.up1_conv0 = layers.Conv2D(6, 3, padding="same", use_bias=False)
        self.up1_bn0 = layers.BatchNormalization()
        self.up1_conv1 = layers.Conv2D(6, 3, padding="same", use_bias=False)
        self.up1_bn1 = layers.BatchNormalization()
        self.mask = layers.Conv2D(2, 1)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        down1_bn1 = ops.relu(self.down1_bn0(self.down1_conv0(x)))
        down1_bn1 = ops.relu(self.down1_bn1(self.down1_conv1(down1_bn1)))
        down2_bn1 = self.down2_bn0(self.down2_conv0(self.max_pooling2d(down1_bn1)))
        down2_bn1 = ops.relu(down2_bn1)
        down2_bn1 = ops.relu(self.down2_bn1(self.down2_conv1(down2_bn1)))
        bottom_bn1 = self.bottom_bn0(self.bottom_conv0(self.max_pooling2d_1(down2_bn1)))
        bottom_bn1 = ops.relu(bottom_bn1)
        bottom_bn1 = ops.relu(self.bottom_bn1(self.bottom_conv1(bottom_bn1)))
        up1_transposed = self.up2_conv0(ops.concatenate((self.up_sampling2d(bottom_bn1), down2_bn1), -1))
        up1_transposed = ops.relu(self.up2_bn0(up1_transposed))
        up1_transposed = ops.relu(self.up2_bn1(self.up2_conv1(up1_transposed)))
        down1_bn1 = ops.concatenate((down1_bn1, self.up1_transposed_crop(self.up1_transposed(up1_transposed))), -1)
        x = ops.relu(self.up1_bn0(self.up1_conv0(down1_bn1)))
        x = ops.relu(self.up1_bn1(self.up1_conv1(x)))
        return ops.sigmoid(self.mask(x))


class TransposedConv2D(layers.Layer):
    """A transposed convolution that cuts `padding` off on every side, after zeros for `output_padding` at the end."""

    def __init__(self, inputs, channels, kernel, strides=1, padding=0, output_padding=0, groups=1, bias=True):
        super().__init__()
        pairs = ((value, value) if isinstance(value, int) else value for value in (kernel, strides))
        self.size, self.strides = pairs
        self.weight = self.add_weight((*self.size, channels // groups, inputs), "he_normal")
        self.bias = self.add_weight((channels,), "zeros") if bias else None
        self.padding, self.output_padding, self.groups = padding, output_padding, groups

    def call(self, x):
        y = ops.conv_transpose(x, across_groups(self.weight, self.groups), self.strides, "valid")
        y = cropped(y, x.shape, self.size, self.strides, self.padding, self.output_padding)
        return y if self.bias is None else y + self.bias


def across_groups(kernel, groups):
    """One kernel (H, W, O, I) for all groups, with zeros from each group to the others."""
    inside, outside = kernel.shape[3] // groups, kernel.shape[2]
    own = [[o // outside == i // inside for i in range(inside * groups)] for o in range(outside * groups)]
    return kernel if groups == 1 else ops.tile(kernel, (1, 1, groups, 1)) * ops.convert_to_tensor(own, kernel.dtype)


def cropped(y, shape, kernel, strides, padding, output_padding):
    """A whole transposed convolution `y` of a map of this shape, with zeros at the end, and without its pads."""
    pads, extra = ((value, value) if isinstance(value, int) else value for value in (padding, output_padding))
    sizes = [
        (n - 1) * s + k - 2 * p + e for n, s, k, p, e in zip(shape[1:3], strides, kernel, pads, extra, strict=True)
    ]
    y = ops.pad(y, ((0, 0), (0, extra[0]), (0, extra[1]), (0, 0)))
    return y[:, pads[0] : pads[0] + sizes[0], pads[1] : pads[1] + sizes[1]]
