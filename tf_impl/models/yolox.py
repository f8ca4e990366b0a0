"""YOLOX-S in Keras, line for line the twin of its PyTorch file.

Ge et al. 2021, YOLOX: Exceeding YOLO Series in 2021, figure 2 and table 3.
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


class DecoupledHead(layers.Layer):
    """The maps of all levels to (5 + num_classes, H, W) each; no level has the weights of another."""

    def __init__(self, width, num_classes):
        super().__init__()
        self.stems = []
        self.stems.append(ConvBnAct(width, 1))
        self.stems.append(ConvBnAct(width, 1))
        self.stems.append(ConvBnAct(width, 1))
        self.cls_convs = []
        self.cls_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.cls_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.cls_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.reg_convs = []
        self.reg_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.reg_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.reg_convs.append(Sequential([ConvBnAct(width, 3) for _ in range(2)]))
        self.reg_preds = []
        self.reg_preds.append(layers.Conv2D(4, 1))
        self.reg_preds.append(layers.Conv2D(4, 1))
        self.reg_preds.append(layers.Conv2D(4, 1))
        self.obj_preds = []
        self.obj_preds.append(layers.Conv2D(1, 1))
        self.obj_preds.append(layers.Conv2D(1, 1))
        self.obj_preds.append(layers.Conv2D(1, 1))
        self.cls_preds = []
        self.cls_preds.append(layers.Conv2D(num_classes, 1))
        self.cls_preds.append(layers.Conv2D(num_classes, 1))
        self.cls_preds.append(layers.Conv2D(num_classes, 1))

    def call(self, xs):
        x = self.stems[0](xs[0])
        cls_preds = self.cls_convs[0](x)
        x = self.reg_convs[0](x)
        reg_preds_0 = self.reg_preds[0](x)
        obj_preds_0 = self.obj_preds[0](x)
        reg_preds_0 = ops.concatenate((reg_preds_0, obj_preds_0, self.cls_preds[0](cls_preds)), -1)
        x = self.stems[1](xs[1])
        cls_preds = self.cls_convs[1](x)
        x = self.reg_convs[1](x)
        reg_preds_1 = self.reg_preds[1](x)
        obj_preds_1 = self.obj_preds[1](x)
        reg_preds_1 = ops.concatenate((reg_preds_1, obj_preds_1, self.cls_preds[1](cls_preds)), -1)
        x = self.stems[2](xs[2])
        cls_preds = self.cls_convs[2](x)
        x = self.reg_convs[2](x)
        reg_preds_2 = self.reg_preds[2](x)
        obj_preds_2 = self.obj_preds[2](x)
        reg_preds_2 = ops.concatenate((reg_preds_2, obj_preds_2, self.cls_preds[2](cls_preds)), -1)
        return [reg_preds_0, reg_preds_1, reg_preds_2]


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


class Spp(layers.Layer):
    """The map and its maxima over windows of these odd sizes, side by side at one resolution."""

    def __init__(self, kernels=(5, 9, 13)):
        super().__init__()
        self.pool5 = layers.MaxPooling2D(kernels[0], 1, padding="same")
        self.pool9 = layers.MaxPooling2D(kernels[1], 1, padding="same")
        self.pool13 = layers.MaxPooling2D(kernels[2], 1, padding="same")

    def call(self, x):
        pool5 = self.pool5(x)
        pool9 = self.pool9(x)
        return ops.concatenate((x, pool5, pool9, self.pool13(x)), -1)


class SppBottleneck(layers.Layer):
    """A 1x1 convolution to half of the channels, pyramid pooling, and another 1x1 convolution."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels // 2, 1)
        self.pool = Spp()
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


class Focus(layers.Layer):
    """A map of even height and width (C, H, W) to (channels, H / 2, W / 2)."""

    def __init__(self, channels):
        super().__init__()
        self.space_to_depth = FocusSlices()
        self.conv = ConvBnAct(channels, 3)

    def call(self, x):
        x = self.space_to_depth(x)
        return self.conv(x)


class CspDarknet(layers.Layer):
    """The maps of 1/8, 1/16, 1/32 of the image, with 4, 8 and 16 times the channels of the stem."""

    def __init__(self, width):
        super().__init__()
        self.stem = Focus(width)
        dark2 = [
            ConvBnAct(2 * width, 3, stride=2),
            C3Shortcut(2 * width),
        ]
        self.dark2 = Sequential(dark2)
        dark3 = [
            ConvBnAct(4 * width, 3, stride=2),
            C3Depth3(4 * width),
        ]
        self.dark3 = Sequential(dark3)
        dark4 = [
            ConvBnAct(8 * width, 3, stride=2),
            C3Depth3(8 * width),
        ]
        self.dark4 = Sequential(dark4)
        dark5 = [
            ConvBnAct(16 * width, 3, stride=2),
            SppBottleneck(16 * width, 16 * width),
            C3(16 * width),
        ]
        self.dark5 = Sequential(dark5)

    def call(self, x):
        x = self.stem(x)
        x = self.dark2(x)
        x = self.dark3(x)
        y = self.dark4(x)
        z = self.dark5(y)
        return [x, y, z]


class YoloPafpn(layers.Layer):
    """CSPDarknet and path aggregation."""

    def __init__(self, width):
        super().__init__()
        self.backbone = CspDarknet(width)
        self.lateral_conv0 = ConvBnAct(8 * width, 1)
        self.resize = layers.UpSampling2D(2)
        self.C3_p4 = C3(8 * width)
        self.reduce_conv1 = ConvBnAct(4 * width, 1)
        self.resize_1 = layers.UpSampling2D(2)
        self.C3_p3 = C3(4 * width)
        self.bu_conv2 = ConvBnAct(4 * width, 3, stride=2)
        self.C3_n3 = C3(8 * width)
        self.bu_conv1 = ConvBnAct(8 * width, 3, stride=2)
        self.C3_n4 = C3(16 * width)

    def call(self, x):
        x, y, lateral_conv0 = self.backbone(x)
        lateral_conv0 = self.lateral_conv0(lateral_conv0)
        reduce_conv1 = ops.concatenate((self.resize(lateral_conv0), y), -1)
        reduce_conv1 = self.C3_p4(reduce_conv1)
        reduce_conv1 = self.reduce_conv1(reduce_conv1)
        bu_conv2 = ops.concatenate((self.resize_1(reduce_conv1), x), -1)
        bu_conv2 = self.C3_p3(bu_conv2)
        x = self.bu_conv2(bu_conv2)
        bu_conv1 = ops.concatenate((x, reduce_conv1), -1)
        bu_conv1 = self.C3_n3(bu_conv1)
        x = self.bu_conv1(bu_conv1)
        x = ops.concatenate((x, lateral_conv0), -1)
        x = self.C3_n4(x)
        return [bu_conv2, bu_conv1, x]


class YOLOXS(keras.Model):
    """CSPDarknet, path aggregation, and a decoupled head on each level."""

    def __init__(self, num_classes=80):
        super().__init__()
        self.backbone = YoloPafpn(32)
        self.head = DecoupledHead(128, num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x, y, z = self.backbone(x)
        s8, s16, s32 = self.head([x, y, z])
        return {"s8": s8, "s16": s16, "s32": s32}


class FocusSlices(layers.Layer):
    """Squares of 2 x 2 numbers as channels, column by column, as in the stem of YOLOv5."""

    def call(self, x):
        return ops.concatenate((x[:, ::2, ::2], x[:, 1::2, ::2], x[:, ::2, 1::2], x[:, 1::2, 1::2]), -1)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
