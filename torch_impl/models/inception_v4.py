"""Inception-v4 (timm) in PyTorch, line for line the twin of its Keras file.

Szegedy et al. 2016, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, figure 9.
"""

import torch
from torch import nn


class ConvBn(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(self, in_channels, channels, kernel, stride=1, pad=(0, 0)):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=pad, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.bn(self.conv(x)))


class InceptionC(nn.Module):
    """Module of the 8x8 grid (figure 6)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = ConvBn(in_channels, 256, (1, 1))
        self.branch1_0 = ConvBn(in_channels, 384, (1, 1))
        self.branch1_1a = ConvBn(384, 256, (1, 3), pad=(0, 1))
        self.branch1_1b = ConvBn(384, 256, (3, 1), pad=(1, 0))
        self.branch2_0 = ConvBn(in_channels, 384, (1, 1))
        self.branch2_1 = ConvBn(384, 448, (3, 1), pad=(1, 0))
        self.branch2_2 = ConvBn(448, 512, (1, 3), pad=(0, 1))
        self.branch2_3a = ConvBn(512, 256, (1, 3), pad=(0, 1))
        self.branch2_3b = ConvBn(512, 256, (3, 1), pad=(1, 0))
        branch3 = [
            nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
            ConvBn(in_channels, 256, (1, 1)),
        ]
        self.branch3 = nn.Sequential(*branch3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        y = self.branch1_0(x)
        branch1_1a = self.branch1_1a(y)
        branch1_1b = self.branch1_1b(y)
        branch1 = torch.cat((branch1_1a, branch1_1b), 1)
        y = self.branch2_0(x)
        y = self.branch2_1(y)
        y = self.branch2_2(y)
        branch2_3a = self.branch2_3a(y)
        branch2_3b = self.branch2_3b(y)
        branch2 = torch.cat((branch2_3a, branch2_3b), 1)
        branch3 = self.branch3(x)
        return torch.cat((branch0, branch1, branch2, branch3), 1)


class ReductionB(nn.Module):
    """From 17x17 to 8x8 (figure 8)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = nn.Sequential(ConvBn(in_channels, 192, (1, 1)), ConvBn(192, 192, (3, 3), stride=2))
        branch1 = [
            ConvBn(in_channels, 256, (1, 1)),
            ConvBn(256, 256, (1, 7), pad=(0, 3)),
            ConvBn(256, 320, (7, 1), pad=(3, 0)),
            ConvBn(320, 320, (3, 3), stride=2),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.branch2 = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return torch.cat((branch0, branch1, self.branch2(x)), 1)


class InceptionB(nn.Module):
    """Module of the 17x17 grid (figure 5)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = ConvBn(in_channels, 384, (1, 1))
        branch1 = [
            ConvBn(in_channels, 192, (1, 1)),
            ConvBn(192, 224, (1, 7), pad=(0, 3)),
            ConvBn(224, 256, (7, 1), pad=(3, 0)),
        ]
        self.branch1 = nn.Sequential(*branch1)
        branch2 = [
            ConvBn(in_channels, 192, (1, 1)),
            ConvBn(192, 192, (7, 1), pad=(3, 0)),
            ConvBn(192, 224, (1, 7), pad=(0, 3)),
            ConvBn(224, 224, (7, 1), pad=(3, 0)),
            ConvBn(224, 256, (1, 7), pad=(0, 3)),
        ]
        self.branch2 = nn.Sequential(*branch2)
        branch3 = [
            nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
            ConvBn(in_channels, 128, (1, 1)),
        ]
        self.branch3 = nn.Sequential(*branch3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return torch.cat((branch0, branch1, branch2, branch3), 1)


class ReductionA(nn.Module):
    """From 35x35 to 17x17 (figure 7, k = 192, l = 224, m = 256, n = 384)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = ConvBn(in_channels, 384, (3, 3), stride=2)
        branch1 = [
            ConvBn(in_channels, 192, (1, 1)),
            ConvBn(192, 224, (3, 3), pad=(1, 1)),
            ConvBn(224, 256, (3, 3), stride=2),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.branch2 = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return torch.cat((branch0, branch1, self.branch2(x)), 1)


class InceptionA(nn.Module):
    """Module of the 35x35 grid (figure 4)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = ConvBn(in_channels, 96, (1, 1))
        self.branch1 = nn.Sequential(ConvBn(in_channels, 64, (1, 1)), ConvBn(64, 96, (3, 3), pad=(1, 1)))
        branch2 = [
            ConvBn(in_channels, 64, (1, 1)),
            ConvBn(64, 96, (3, 3), pad=(1, 1)),
            ConvBn(96, 96, (3, 3), pad=(1, 1)),
        ]
        self.branch2 = nn.Sequential(*branch2)
        branch3 = [
            nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
            ConvBn(in_channels, 96, (1, 1)),
        ]
        self.branch3 = nn.Sequential(*branch3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return torch.cat((branch0, branch1, branch2, branch3), 1)


class ConvOrPool(nn.Module):
    """Half the size by a convolution and by a pool (figure 3, third fork)."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv = ConvBn(in_channels, 192, (3, 3), stride=2)
        self.maxpool = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv = self.conv(x)
        return torch.cat((conv, self.maxpool(x)), 1)


class ShortOrLong(nn.Module):
    """A 3x3 convolution, and one after a 7x7 in two steps (figure 3, second fork)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = nn.Sequential(ConvBn(in_channels, 64, (1, 1)), ConvBn(64, 96, (3, 3)))
        branch1 = [
            ConvBn(in_channels, 64, (1, 1)),
            ConvBn(64, 64, (1, 7), pad=(0, 3)),
            ConvBn(64, 64, (7, 1), pad=(3, 0)),
            ConvBn(64, 96, (3, 3)),
        ]
        self.branch1 = nn.Sequential(*branch1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return torch.cat((branch0, branch1), 1)


class PoolOrConv(nn.Module):
    """Half the size by a pool and by a convolution (figure 3, first fork)."""

    def __init__(self, in_channels):
        super().__init__()
        self.maxpool = nn.MaxPool2d(3, 2)
        self.conv = ConvBn(in_channels, 96, (3, 3), stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled = self.maxpool(x)
        conv = self.conv(x)
        return torch.cat((pooled, conv), 1)


class InceptionV4Timm(nn.Module):
    """Inception-v4."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features = [
            ConvBn(in_channels, 32, (3, 3), stride=2),
            ConvBn(32, 32, (3, 3)),
            ConvBn(32, 64, (3, 3), pad=(1, 1)),
            PoolOrConv(64),
            ShortOrLong(160),
            ConvOrPool(192),
            *[InceptionA(384) for _ in range(4)],
            ReductionA(384),
            *[InceptionB(1024) for _ in range(7)],
            ReductionB(1024),
            *[InceptionC(1536) for _ in range(3)],
        ]
        self.features = nn.Sequential(*features)
        self.last_linear = nn.Linear(1536, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        return self.last_linear(torch.mean(x, (2, 3)))


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
