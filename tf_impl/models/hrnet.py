"""HRNet-W32 (classifier) in Keras, line for line the twin of its PyTorch file.

Wang et al. 2019, Deep High-Resolution Representation Learning for Visual Recognition, figures 2 and 3.
"""

import keras
from keras import Sequential, layers, ops


class HeadConv(Sequential):
    """Convolution with a bias, batch normalisation, ReLU."""

    def __init__(self, channels, kernel, stride=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        super().__init__(steps)


class Shortcut(Sequential):
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""

    def __init__(self, channels, stride):
        steps = [
            layers.Conv2D(channels, 1, strides=stride, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


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
        self.downsample = Shortcut(4 * width, stride)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        y = ops.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return ops.relu(y + x)


class ConvNorm(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
        ]
        super().__init__(steps)


class Down(Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            ConvNorm(2 * in_channels, 3, stride=2),
        ]
        super().__init__(steps)


class ConvNormRelu(Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        steps = [
            padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, use_bias=False, groups=groups)),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.ReLU(),
        ]
        super().__init__(steps)


class DownSteps2(Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            ConvNormRelu(in_channels, 3, stride=2),
            ConvNorm(4 * in_channels, 3, stride=2),
        ]
        super().__init__(steps)


class DownSteps3(Sequential):
    """To a branch some steps further down, each a 3x3 of stride 2; the last widens."""

    def __init__(self, in_channels):
        steps = [
            *[ConvNormRelu(in_channels, 3, stride=2) for _ in range(2)],
            ConvNorm(8 * in_channels, 3, stride=2),
        ]
        super().__init__(steps)


class Up(Sequential):
    """To a branch of `scale` times the resolution and as much fewer channels: 1x1, then nearest."""

    def __init__(self, in_channels, scale):
        steps = [
            layers.Conv2D(in_channels // scale, 1, use_bias=False),
            layers.BatchNormalization(momentum=0.9, epsilon=1e-5),
            layers.UpSampling2D(scale),
        ]
        super().__init__(steps)


class BasicBlock(layers.Layer):
    """Two 3x3 convolutions and a shortcut (He et al. 2015, figure 5, left)."""

    def __init__(self, width, stride=1):
        super().__init__()
        self.conv1 = padded(1, layers.Conv2D(width, 3, strides=stride, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = layers.Conv2D(width, 3, padding="same", use_bias=False)
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        y = ops.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(y)) + x
        return ops.relu(x)


class HighResolutionModuleOf4(layers.Layer):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = []
        self.branches.append(Sequential([BasicBlock(in_channels[0]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[1]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[2]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[3]) for _ in range(4)]))
        self.fuse_layers = []
        fuse_layers_0 = [None, Up(in_channels[1], 2), Up(in_channels[2], 4), Up(in_channels[3], 8)]
        self.fuse_layers.append(fuse_layers_0)
        fuse_layers_1 = [Down(in_channels[0]), None, Up(in_channels[2], 2), Up(in_channels[3], 4)]
        self.fuse_layers.append(fuse_layers_1)
        fuse_layers_2 = []
        fuse_layers_2.append(DownSteps2(in_channels[0]))
        fuse_layers_2.append(Down(in_channels[1]))
        fuse_layers_2.append(None)
        fuse_layers_2.append(Up(in_channels[3], 2))
        self.fuse_layers.append(fuse_layers_2)
        fuse_layers_3 = []
        fuse_layers_3.append(DownSteps3(in_channels[0]))
        fuse_layers_3.append(DownSteps2(in_channels[1]))
        fuse_layers_3.append(Down(in_channels[2]))
        self.fuse_layers.append(fuse_layers_3)

    def call(self, xs):
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.branches[2](xs[2])
        u = self.branches[3](xs[3])
        v = self.fuse_layers[0][1](y)
        w = self.fuse_layers[0][2](z)
        a = self.fuse_layers[0][3](u)
        a = x + v + w + a
        a = ops.relu(a)
        v = self.fuse_layers[1][0](x)
        w = self.fuse_layers[1][2](z)
        b = self.fuse_layers[1][3](u)
        b = v + y + w + b
        b = ops.relu(b)
        v = self.fuse_layers[2][0](x)
        w = self.fuse_layers[2][1](y)
        c = self.fuse_layers[2][3](u)
        c = v + w + z + c
        c = ops.relu(c)
        x = self.fuse_layers[3][0](x)
        y = self.fuse_layers[3][1](y)
        z = self.fuse_layers[3][2](z)
        u = x + y + z + u
        u = ops.relu(u)
        return [a, b, c, u]


class HighResolutionModule(layers.Layer):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = []
        self.branches.append(Sequential([BasicBlock(in_channels[0]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[1]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[2]) for _ in range(4)]))
        self.fuse_layers = []
        self.fuse_layers.append([None, Up(in_channels[1], 2), Up(in_channels[2], 4)])
        self.fuse_layers.append([Down(in_channels[0]), None, Up(in_channels[2], 2)])
        self.fuse_layers.append([DownSteps2(in_channels[0]), Down(in_channels[1])])

    def call(self, xs):
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.branches[2](xs[2])
        u = self.fuse_layers[0][1](y)
        v = self.fuse_layers[0][2](z)
        u = ops.relu(x + u + v)
        v = self.fuse_layers[1][0](x)
        w = self.fuse_layers[1][2](z)
        v = ops.relu(v + y + w)
        x = self.fuse_layers[2][0](x)
        y = self.fuse_layers[2][1](y)
        x = ops.relu(x + y + z)
        return [u, v, x]


class HighResolutionModuleOf2(layers.Layer):
    """Units on each branch, then the exchange between all of them."""

    def __init__(self, in_channels):
        super().__init__()
        self.branches = []
        self.branches.append(Sequential([BasicBlock(in_channels[0]) for _ in range(4)]))
        self.branches.append(Sequential([BasicBlock(in_channels[1]) for _ in range(4)]))
        self.fuse_layers = []
        self.fuse_layers.append([None, Up(in_channels[1], 2)])
        self.fuse_layers.append([Down(in_channels[0])])

    def call(self, xs):
        x = self.branches[0](xs[0])
        y = self.branches[1](xs[1])
        z = self.fuse_layers[0][1](y)
        z = ops.relu(x + z)
        x = self.fuse_layers[1][0](x)
        x = ops.relu(x + y)
        return [z, x]


class BottleneckNoProjection(layers.Layer):
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


class HRNetW32Classifier(keras.Model):
    """HRNet with the authors' head for images: the branches widened, and summed from the highest down."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.conv1 = padded(1, layers.Conv2D(64, 3, strides=2, use_bias=False))
        self.bn1 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.conv2 = padded(1, layers.Conv2D(64, 3, strides=2, use_bias=False))
        self.bn2 = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)
        self.layer1 = Sequential([Bottleneck(64), *[BottleneckNoProjection(64) for _ in range(3)]])
        self.transition1 = []
        self.transition1.append(ConvNormRelu(32, 3))
        self.transition1.append(Sequential([ConvNormRelu(64, 3, stride=2)]))
        self.stage2 = [HighResolutionModuleOf2((32, 64))]
        self.transition2 = [None, None, Sequential([ConvNormRelu(128, 3, stride=2)])]
        self.stage3 = [HighResolutionModule((32, 64, 128)) for _ in range(4)]
        self.transition3 = [None, None, None, Sequential([ConvNormRelu(256, 3, stride=2)])]
        self.stage4 = [HighResolutionModuleOf4((32, 64, 128, 256)) for _ in range(3)]
        self.incre_modules = []
        self.incre_modules.append(Sequential([Bottleneck(32)]))
        self.incre_modules.append(Sequential([Bottleneck(64)]))
        self.incre_modules.append(Sequential([Bottleneck(128)]))
        self.incre_modules.append(Sequential([Bottleneck(256)]))
        self.downsamp_modules = []
        self.downsamp_modules.append(HeadConv(256, 3, stride=2))
        self.downsamp_modules.append(HeadConv(512, 3, stride=2))
        self.downsamp_modules.append(HeadConv(1024, 3, stride=2))
        self.final_layer = HeadConv(2048, 1)
        self.classifier = layers.Dense(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = ops.relu(self.bn1(self.conv1(x)))
        x = ops.relu(self.bn2(self.conv2(x)))
        x = self.layer1(x)
        y = self.transition1[1](x)
        x = self.transition1[0](x)
        x, y = self.stage2[0]([x, y])
        z = self.transition2[2](y)
        x, y, z = self.stage3[0]([x, y, z])
        x, y, z = self.stage3[1]([x, y, z])
        x, y, z = self.stage3[2]([x, y, z])
        x, y, z = self.stage3[3]([x, y, z])
        u = self.transition3[3](z)
        x, y, z, u = self.stage4[0]([x, y, z, u])
        x, y, z, u = self.stage4[1]([x, y, z, u])
        x, y, z, u = self.stage4[2]([x, y, z, u])
        x = self.incre_modules[0](x)
        y = self.incre_modules[1](y)
        z = self.incre_modules[2](z)
        u = self.incre_modules[3](u)
        x = self.downsamp_modules[0](x)
        y = y + x
        y = self.downsamp_modules[1](y)
        z = z + y
        z = self.downsamp_modules[2](z)
        u = u + z
        u = self.final_layer(u)
        return self.classifier(ops.mean(u, (1, 2)))


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
