"""EfficientNet-Lite0 (timm) in PyTorch, line for line the twin of its Keras file.

Liu 2020, Higher accuracy on vision models with EfficientNet-Lite.
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


class ConvNormLinear(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
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
        block = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            ConvNormLinear(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class InvertedResidual(nn.Module):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNorm(in_channels, width, 1),
            ConvNormDepthwise(width, width, kernel, stride=stride, groups=width),
            ConvNormLinear(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutNoExpansion(nn.Module):
    """Convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormDepthwise(in_channels, in_channels, kernel, stride=stride, groups=in_channels),
            ConvNormLinear(in_channels, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class EfficientNetLite0Timm(nn.Module):
    """EfficientNet, with a multiple of the channels and a multiple of the blocks of B0, both rounded."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features_1 = nn.Sequential(InvertedResidualNoShortcutNoExpansion(32, 16))
        features_2 = [
            InvertedResidualNoShortcut(16, 96, 24, stride=2),
            InvertedResidual(24, 144, 24),
        ]
        features_2 = nn.Sequential(*features_2)
        features_3 = [
            InvertedResidualNoShortcut(24, 144, 40, kernel=5, stride=2),
            InvertedResidual(40, 240, 40, kernel=5),
        ]
        features_3 = nn.Sequential(*features_3)
        features_4 = [
            InvertedResidualNoShortcut(40, 240, 80, stride=2),
            *[InvertedResidual(80, 480, 80) for _ in range(2)],
        ]
        features_4 = nn.Sequential(*features_4)
        features_5 = [
            InvertedResidualNoShortcut(80, 480, 112, kernel=5),
            *[InvertedResidual(112, 672, 112, kernel=5) for _ in range(2)],
        ]
        features_5 = nn.Sequential(*features_5)
        features_6 = [
            InvertedResidualNoShortcut(112, 672, 192, kernel=5, stride=2),
            *[InvertedResidual(192, 1152, 192, kernel=5) for _ in range(3)],
        ]
        features_6 = nn.Sequential(*features_6)
        features_7 = nn.Sequential(InvertedResidualNoShortcut(192, 1152, 320))
        features = [
            ConvNorm(in_channels, 32, 3, stride=2),
            features_1,
            features_2,
            features_3,
            features_4,
            features_5,
            features_6,
            features_7,
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
