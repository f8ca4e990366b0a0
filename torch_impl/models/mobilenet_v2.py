"""MobileNetV2 (torchvision) in PyTorch, line for line the twin of its Keras file.

Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2.
"""

import torch
from torch import nn


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        super().__init__(*steps)


class ConvNormDepthwise(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNorm: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        super().__init__(*steps)


class InvertedResidualNoShortcut(nn.Module):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class InvertedResidual(nn.Module):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(nn.Module):
    """Convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, channels, kernel=3, stride=1):
        super().__init__()
        conv = [
            ConvNormDepthwise(in_channels, in_channels, kernel, stride=stride, groups=in_channels),
            nn.Conv2d(in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class MobileNetV2Torchvision(nn.Module):
    """MobileNetV2 of a width; the last convolution does not get narrower than 1280 (section 5, footnote)."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features = [
            ConvNorm(in_channels, 32, 3, stride=2),
            InvertedResidualNoShortcutNoExpansion(32, 16),
            InvertedResidualNoShortcut(16, 96, 24, stride=2),
            InvertedResidual(24, 144, 24),
            InvertedResidualNoShortcut(24, 144, 32, stride=2),
            *[InvertedResidual(32, 192, 32) for _ in range(2)],
            InvertedResidualNoShortcut(32, 192, 64, stride=2),
            *[InvertedResidual(64, 384, 64) for _ in range(3)],
            InvertedResidualNoShortcut(64, 384, 96),
            *[InvertedResidual(96, 576, 96) for _ in range(2)],
            InvertedResidualNoShortcut(96, 576, 160, stride=2),
            *[InvertedResidual(160, 960, 160) for _ in range(2)],
            InvertedResidualNoShortcut(160, 960, 320),
            ConvNorm(320, 1280, 1),
        ]
        self.features = nn.Sequential(*features)
        classifier = [
            nn.Dropout(0.2),
            nn.Linear(1280, num_classes),
        ]
        self.classifier = nn.Sequential(*classifier)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = torch.mean(x, (2, 3))
        return self.classifier(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
