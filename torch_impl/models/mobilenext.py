"""MobileNeXt in PyTorch, line for line the twin of its Keras file.

Zhou et al. 2020, Rethinking Bottleneck Structure for Efficient Mobile Network Design, table 2.
"""

import torch
from torch import nn


class SandglassNoShortcut(nn.Module):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, in_channels, width, channels, stride=1):
        super().__init__()
        conv = [
            nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.ReLU6(),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class Sandglass(nn.Module):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, in_channels, width, channels, stride=1):
        super().__init__()
        conv = [
            nn.Conv2d(in_channels, in_channels, 3, padding=1, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.ReLU6(),
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv(x)
        return x + y


class SandglassNoShortcutNoDepthwise(nn.Module):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, in_channels, width, channels):
        super().__init__()
        conv = [
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class SandglassNoShortcutConvKernel1(nn.Module):
    """Convolve depthwise, reduce to `width` channels, expand to `channels`, convolve depthwise with the stride."""

    def __init__(self, in_channels, width, channels, stride=1):
        super().__init__()
        conv = [
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
            nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.conv(x)


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU6(),
        ]
        super().__init__(*steps)


class MobileNeXt(nn.Module):
    """MobileNeXt of the given width."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features = [
            ConvNorm(in_channels, 32, 3, stride=2),
            SandglassNoShortcut(32, 16, 96, stride=2),
            SandglassNoShortcut(96, 32, 144),
            SandglassNoShortcutConvKernel1(144, 32, 192, stride=2),
            *[Sandglass(192, 32, 192) for _ in range(2)],
            SandglassNoShortcutConvKernel1(192, 48, 288, stride=2),
            *[Sandglass(288, 48, 288) for _ in range(2)],
            SandglassNoShortcutNoDepthwise(288, 64, 384),
            *[Sandglass(384, 64, 384) for _ in range(3)],
            SandglassNoShortcutConvKernel1(384, 96, 576, stride=2),
            *[Sandglass(576, 96, 576) for _ in range(3)],
            SandglassNoShortcutNoDepthwise(576, 160, 960),
            *[Sandglass(960, 160, 960) for _ in range(2)],
            SandglassNoShortcut(960, 208, 1280),
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
