"""Inception-ResNet-v2 (timm) in PyTorch, line for line the twin of its Keras file.

Szegedy et al. 2016, Inception-v4, Inception-ResNet and the Impact of Residual Connections on Learning, figure 15.
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


class LastBlock8(nn.Module):
    """The last residual module, neither scaled nor activated."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(in_channels, widths[0], (1, 1))
        branch1 = [
            ConvBn(in_channels, widths[1], (1, 1)),
            ConvBn(widths[1], widths[2], (1, 3), pad=(0, 1)),
            ConvBn(widths[2], widths[3], (3, 1), pad=(1, 0)),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.conv2d = nn.Conv2d(widths[0] + widths[3], in_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return x + self.conv2d(torch.cat((branch0, branch1), 1))


class Block8(nn.Module):
    """Residual module of the 8x8 grid (figures 13 and 19)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(in_channels, widths[0], (1, 1))
        branch1 = [
            ConvBn(in_channels, widths[1], (1, 1)),
            ConvBn(widths[1], widths[2], (1, 3), pad=(0, 1)),
            ConvBn(widths[2], widths[3], (3, 1), pad=(1, 0)),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.conv2d = nn.Conv2d(widths[0] + widths[3], in_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        y = self.conv2d(torch.cat((branch0, branch1), 1)) * 0.2
        return torch.relu(x + y)


class Mixed7a(nn.Module):
    """From 17x17 to 8x8 (figures 12 and 18)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = nn.Sequential(ConvBn(in_channels, 256, (1, 1)), ConvBn(256, widths[0], (3, 3), stride=2))
        self.branch1 = nn.Sequential(ConvBn(in_channels, 256, (1, 1)), ConvBn(256, widths[1], (3, 3), stride=2))
        branch2 = [
            ConvBn(in_channels, 256, (1, 1)),
            ConvBn(256, widths[2], (3, 3), pad=(1, 1)),
            ConvBn(widths[2], widths[3], (3, 3), stride=2),
        ]
        self.branch2 = nn.Sequential(*branch2)
        self.branch3 = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        return torch.cat((branch0, branch1, branch2, self.branch3(x)), 1)


class Block17(nn.Module):
    """Residual module of the 17x17 grid (figures 11 and 17)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(in_channels, widths[0], (1, 1))
        branch1 = [
            ConvBn(in_channels, widths[1], (1, 1)),
            ConvBn(widths[1], widths[2], (1, 7), pad=(0, 3)),
            ConvBn(widths[2], widths[3], (7, 1), pad=(3, 0)),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.conv2d = nn.Conv2d(widths[0] + widths[3], in_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        y = self.conv2d(torch.cat((branch0, branch1), 1)) * 0.1
        return torch.relu(x + y)


class Mixed6a(nn.Module):
    """From 35x35 to 17x17 (figure 7)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(in_channels, widths[0], (3, 3), stride=2)
        branch1 = [
            ConvBn(in_channels, widths[1], (1, 1)),
            ConvBn(widths[1], widths[2], (3, 3), pad=(1, 1)),
            ConvBn(widths[2], widths[3], (3, 3), stride=2),
        ]
        self.branch1 = nn.Sequential(*branch1)
        self.branch2 = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        return torch.cat((branch0, branch1, self.branch2(x)), 1)


class Block35(nn.Module):
    """Residual module of the 35x35 grid (figures 10 and 16)."""

    def __init__(self, in_channels, widths):
        super().__init__()
        self.branch0 = ConvBn(in_channels, widths[0], (1, 1))
        branch1 = [
            ConvBn(in_channels, widths[1], (1, 1)),
            ConvBn(widths[1], widths[2], (3, 3), pad=(1, 1)),
        ]
        self.branch1 = nn.Sequential(*branch1)
        branch2 = [
            ConvBn(in_channels, widths[3], (1, 1)),
            ConvBn(widths[3], widths[4], (3, 3), pad=(1, 1)),
            ConvBn(widths[4], widths[5], (3, 3), pad=(1, 1)),
        ]
        self.branch2 = nn.Sequential(*branch2)
        self.conv2d = nn.Conv2d(widths[0] + widths[2] + widths[5], in_channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        y = self.conv2d(torch.cat((branch0, branch1, branch2), 1)) * 0.17
        return torch.relu(x + y)


class Mixed5b(nn.Module):
    """Module of Inception v3 in front of the residual ones."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch0 = ConvBn(in_channels, 96, (1, 1))
        self.branch1 = nn.Sequential(ConvBn(in_channels, 48, (1, 1)), ConvBn(48, 64, (5, 5), pad=(2, 2)))
        branch2 = [
            ConvBn(in_channels, 64, (1, 1)),
            ConvBn(64, 96, (3, 3), pad=(1, 1)),
            ConvBn(96, 96, (3, 3), pad=(1, 1)),
        ]
        self.branch2 = nn.Sequential(*branch2)
        branch3 = [
            nn.AvgPool2d(3, 1, padding=1, count_include_pad=False),
            ConvBn(in_channels, 64, (1, 1)),
        ]
        self.branch3 = nn.Sequential(*branch3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch0 = self.branch0(x)
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        branch3 = self.branch3(x)
        return torch.cat((branch0, branch1, branch2, branch3), 1)


class InceptionResNetV2Timm(nn.Module):
    """Inception-ResNet-v2."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv2d_1a = ConvBn(in_channels, 32, (3, 3), stride=2)
        self.conv2d_2a = ConvBn(32, 32, (3, 3))
        self.conv2d_2b = ConvBn(32, 64, (3, 3), pad=(1, 1))
        self.maxpool_3a = nn.MaxPool2d(3, 2)
        self.conv2d_3b = ConvBn(64, 80, (1, 1))
        self.conv2d_4a = ConvBn(80, 192, (3, 3))
        self.maxpool_5a = nn.MaxPool2d(3, 2)
        self.mixed_5b = Mixed5b(192)
        self.repeat = nn.Sequential(*[Block35(320, (32, 32, 32, 32, 48, 64)) for _ in range(10)])
        self.mixed_6a = Mixed6a(320, (384, 256, 256, 384))
        self.repeat_1 = nn.Sequential(*[Block17(1088, (192, 128, 160, 192)) for _ in range(20)])
        self.mixed_7a = Mixed7a(1088, (384, 288, 288, 320))
        self.repeat_2 = nn.Sequential(*[Block8(2080, (192, 192, 224, 256)) for _ in range(9)])
        self.block8 = LastBlock8(2080, (192, 192, 224, 256))
        self.conv2d_7b = ConvBn(2080, 1536, (1, 1))
        self.classif = nn.Linear(1536, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv2d_1a(x)
        x = self.conv2d_2a(x)
        x = self.conv2d_2b(x)
        x = self.maxpool_3a(x)
        x = self.conv2d_3b(x)
        x = self.conv2d_4a(x)
        x = self.maxpool_5a(x)
        x = self.mixed_5b(x)
        x = self.repeat(x)
        x = self.mixed_6a(x)
        x = self.repeat_1(x)
        x = self.mixed_7a(x)
        x = self.repeat_2(x)
        x = self.block8(x)
        x = self.conv2d_7b(x)
        return self.classif(torch.mean(x, (2, 3)))


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
