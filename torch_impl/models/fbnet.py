"""FBNet-C in PyTorch, line for line the twin of its Keras file.

Wu et al. 2018, FBNet: Hardware-Aware Efficient ConvNet Design via Differentiable Neural Architecture Search, figure
4.
"""

import torch
from torch import nn


class Classifier(nn.Module):
    """Global average pooling and a linear layer, a 1x1 convolution in the original."""

    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.conv = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(torch.mean(x, (2, 3)))


class ConvBnNoDepthwise(nn.Module):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    # In one of the frameworks it is ConvBn: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class ConvBnNoDepthwiseLinear(nn.Module):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(x))


class ConvBn(nn.Module):
    """Convolution with a bias, batch normalisation, and ReLU where asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class SearchedBlockNoShortcut(nn.Module):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, in_channels, width, channels, kernel, stride, groups=1):
        super().__init__()
        self.pw = ConvBnNoDepthwise(in_channels, width, 1, groups=groups)
        self.dw = ConvBn(width, width, kernel, stride=stride, groups=width)
        self.pwl = ConvBnNoDepthwiseLinear(width, channels, 1, groups=groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.pw(x)
        x = self.dw(x)
        return self.pwl(x)


class SearchedBlock(nn.Module):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, in_channels, width, channels, kernel, stride, groups=1):
        super().__init__()
        self.pw = ConvBnNoDepthwise(in_channels, width, 1, groups=groups)
        self.dw = ConvBn(width, width, kernel, stride=stride, groups=width)
        self.pwl = ConvBnNoDepthwiseLinear(width, channels, 1, groups=groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.pw(x)
        y = self.dw(y)
        y = self.pwl(y)
        return y + x


class SearchedBlockNoExpansionNoPw(nn.Module):
    """The block of the search space (figure 3), whose shuffle stays where its first convolution falls away."""

    def __init__(self, in_channels, width, channels, kernel, stride, groups=1):
        super().__init__()
        self.dw = ConvBn(in_channels, width, kernel, stride=stride, groups=width)
        self.pwl = ConvBnNoDepthwiseLinear(width, channels, 1, groups=groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.dw(x)
        y = self.pwl(y)
        return y + x


class FBNetC(nn.Module):
    """FBNet of the given variant."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.backbone = nn.Sequential()
        backbone_stages = nn.Sequential()
        backbone_stages.add_module("xif0_0", ConvBnNoDepthwise(in_channels, 16, 3, stride=2))
        backbone_stages.add_module("xif1_0", SearchedBlockNoExpansionNoPw(16, 16, 16, 3, 1))
        backbone_stages.add_module("xif2_0", SearchedBlockNoShortcut(16, 96, 24, 3, 2))
        backbone_stages.add_module("xif2_2", SearchedBlockNoExpansionNoPw(24, 24, 24, 3, 1))
        backbone_stages.add_module("xif2_3", SearchedBlockNoExpansionNoPw(24, 24, 24, 3, 1))
        backbone_stages.add_module("xif3_0", SearchedBlockNoShortcut(24, 144, 32, 5, 2))
        backbone_stages.add_module("xif3_1", SearchedBlock(32, 96, 32, 5, 1))
        backbone_stages.add_module("xif3_2", SearchedBlock(32, 192, 32, 5, 1))
        backbone_stages.add_module("xif3_3", SearchedBlock(32, 192, 32, 3, 1))
        backbone_stages.add_module("xif4_0", SearchedBlockNoShortcut(32, 192, 64, 5, 2))
        backbone_stages.add_module("xif4_1", SearchedBlock(64, 192, 64, 5, 1))
        backbone_stages.add_module("xif4_2", SearchedBlock(64, 384, 64, 5, 1))
        backbone_stages.add_module("xif4_3", SearchedBlock(64, 384, 64, 5, 1))
        backbone_stages.add_module("xif4_4", SearchedBlockNoShortcut(64, 384, 112, 5, 1))
        backbone_stages.add_module("xif4_5", SearchedBlock(112, 672, 112, 5, 1))
        backbone_stages.add_module("xif4_6", SearchedBlock(112, 672, 112, 5, 1))
        backbone_stages.add_module("xif4_7", SearchedBlock(112, 336, 112, 5, 1))
        backbone_stages.add_module("xif5_0", SearchedBlockNoShortcut(112, 672, 184, 5, 2))
        for i in range(3):
            backbone_stages.add_module(f"xif5_{i + 1}", SearchedBlock(184, 1104, 184, 5, 1))
        backbone_stages.add_module("xif5_4", SearchedBlockNoShortcut(184, 1104, 352, 3, 1))
        backbone_stages.add_module("xif6_0", ConvBnNoDepthwise(352, 1984, 1))
        self.backbone.add_module("stages", backbone_stages)
        self.head = Classifier(1984, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.backbone(x)
        return self.head(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
