"""FBNet-C in Keras, line for line the twin of its PyTorch file.

Wu et al. 2018, FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search, figure
4.
"""

import keras
from keras import Sequential, layers, ops


class Classifier(layers.Layer):
    """Global average pooling and a linear layer, a 1x1 convolution in the original."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv = layers.Dense(num_classes)

    def call(self, x):
        return self.conv(ops.mean(x, (1, 2)))


class ConvBnNoDepthwise(layers.Layer):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    # In one of the frameworks it is ConvBn: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, channels, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, groups=groups))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return ops.relu(self.bn(self.conv(x)))


class ConvBnNoDepthwiseLinear(layers.Layer):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    def __init__(self, channels, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.Conv2D(channels, kernel, strides=stride, groups=groups))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return self.bn(self.conv(x))


class ConvBn(layers.Layer):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    def __init__(self, kernel, stride=1):
        super().__init__()
        self.conv = padded(kernel // 2, layers.DepthwiseConv2D(kernel, strides=stride))
        self.bn = layers.BatchNormalization(momentum=0.9, epsilon=1e-5)

    def call(self, x):
        return ops.relu(self.bn(self.conv(x)))


class SearchedBlockNoShortcut(layers.Layer):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, width, channels, kernel, stride, groups=1):
        super().__init__()
        self.pw = ConvBnNoDepthwise(width, 1, groups=groups)
        self.dw = ConvBn(kernel, stride=stride)
        self.pwl = ConvBnNoDepthwiseLinear(channels, 1, groups=groups)

    def call(self, x):
        x = self.pw(x)
        x = self.dw(x)
        return self.pwl(x)


class SearchedBlock(layers.Layer):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, width, channels, kernel, stride, groups=1):
        super().__init__()
        self.pw = ConvBnNoDepthwise(width, 1, groups=groups)
        self.dw = ConvBn(kernel, stride=stride)
        self.pwl = ConvBnNoDepthwiseLinear(channels, 1, groups=groups)

    def call(self, x):
        y = self.pw(x)
        y = self.dw(y)
        y = self.pwl(y)
        return y + x


class SearchedBlockNoExpansionNoPw(layers.Layer):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, channels, kernel, stride, groups=1):
        super().__init__()
        self.dw = ConvBn(kernel, stride=stride)
        self.pwl = ConvBnNoDepthwiseLinear(channels, 1, groups=groups)

    def call(self, x):
        y = self.dw(x)
        y = self.pwl(y)
        return y + x


class FBNetC(keras.Model):
    """FBNet of the given variant."""

    def __init__(self, num_classes=1000):
        super().__init__()
        self.backbone = Sequential()
        backbone_stages = Sequential()
        backbone_stages.add(ConvBnNoDepthwise(16, 3, stride=2))
        backbone_stages.add(SearchedBlockNoExpansionNoPw(16, 3, 1))
        backbone_stages.add(SearchedBlockNoShortcut(96, 24, 3, 2))
        backbone_stages.add(SearchedBlockNoExpansionNoPw(24, 3, 1))
        backbone_stages.add(SearchedBlockNoExpansionNoPw(24, 3, 1))
        backbone_stages.add(SearchedBlockNoShortcut(144, 32, 5, 2))
        backbone_stages.add(SearchedBlock(96, 32, 5, 1))
        backbone_stages.add(SearchedBlock(192, 32, 5, 1))
        backbone_stages.add(SearchedBlock(192, 32, 3, 1))
        backbone_stages.add(SearchedBlockNoShortcut(192, 64, 5, 2))
        backbone_stages.add(SearchedBlock(192, 64, 5, 1))
        backbone_stages.add(SearchedBlock(384, 64, 5, 1))
        backbone_stages.add(SearchedBlock(384, 64, 5, 1))
        backbone_stages.add(SearchedBlockNoShortcut(384, 112, 5, 1))
        backbone_stages.add(SearchedBlock(672, 112, 5, 1))
        backbone_stages.add(SearchedBlock(672, 112, 5, 1))
        backbone_stages.add(SearchedBlock(336, 112, 5, 1))
        backbone_stages.add(SearchedBlockNoShortcut(672, 184, 5, 2))
        for _ in range(3):
            backbone_stages.add(SearchedBlock(1104, 184, 5, 1))
        backbone_stages.add(SearchedBlockNoShortcut(1104, 352, 3, 1))
        backbone_stages.add(ConvBnNoDepthwise(1984, 1))
        self.backbone.add(backbone_stages)
        self.head = Classifier(num_classes)

    def build(self, input_shape):
        self.call(ops.zeros((1, *input_shape[1:]), self.compute_dtype))

    def call(self, x):
        x = self.backbone(x)
        return self.head(x)


def padded(pads, layer):
    """A layer after zeros on all sides; "same" would put the odd one last, at stride 2 and an even size."""
    return Sequential([layers.ZeroPadding2D(pads), layer])
