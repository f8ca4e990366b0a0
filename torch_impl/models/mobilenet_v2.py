"""MobileNetV2 (torchvision) in PyTorch, line for line the twin of its Keras file.

Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2.
"""

import torch
from torch import nn


class ConvBnRelu6(nn.Sequential):
    """Convolution, batch normalisation, ReLU6."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        super().__init__(*steps)


class ConvBnRelu62(nn.Sequential):
    """Convolution, batch normalisation, ReLU6."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        super().__init__(*steps)


class InvertedResidualWithoutAdd(nn.Module):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, in_channels, channels, stride, expand):
        super().__init__()
        conv = [
            ConvBnRelu6(in_channels, expand * in_channels, 1),
            ConvBnRelu62(expand * in_channels, expand * in_channels, 3, stride=stride, groups=expand * in_channels),
            nn.Conv2d(expand * in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, in_channels, channels, stride, expand):
        super().__init__()
        conv = [
            ConvBnRelu6(in_channels, expand * in_channels, 1),
            ConvBnRelu62(expand * in_channels, expand * in_channels, 3, stride=stride, groups=expand * in_channels),
            nn.Conv2d(expand * in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        return x + y


class InvertedResidualWithoutAdd2(nn.Module):
    """Expansion, depthwise convolution and linear projection (table 1, figure 4d)."""

    def __init__(self, in_channels, channels, stride, expand):
        super().__init__()
        conv = [
            ConvBnRelu62(in_channels, expand * in_channels, 3, stride=stride, groups=expand * in_channels),
            nn.Conv2d(expand * in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class MobileNetV2Torchvision(nn.Module):
    """MobileNetV2 of width 1.0."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features = [
            ConvBnRelu6(in_channels, 32, 3, stride=2),
            InvertedResidualWithoutAdd2(32, 16, 1, 1),
            InvertedResidualWithoutAdd(16, 24, 2, 6),
            InvertedResidual(24, 24, 1, 6),
            InvertedResidualWithoutAdd(24, 32, 2, 6),
            *[InvertedResidual(32, 32, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(32, 64, 2, 6),
            *[InvertedResidual(64, 64, 1, 6) for _ in range(3)],
            InvertedResidualWithoutAdd(64, 96, 1, 6),
            *[InvertedResidual(96, 96, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(96, 160, 2, 6),
            *[InvertedResidual(160, 160, 1, 6) for _ in range(2)],
            InvertedResidualWithoutAdd(160, 320, 1, 6),
            ConvBnRelu6(320, 1280, 1),
        ]
        self.features = nn.Sequential(*features)
        classifier = [
            nn.Dropout(0.2),
            nn.Linear(1280, num_classes),
        ]
        self.classifier = nn.Sequential(*classifier)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = torch.mean(x, (2, 3))
        return self.classifier(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
