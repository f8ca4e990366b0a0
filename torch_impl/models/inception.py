"""Inception v3 (torchvision) in PyTorch, line for line the twin of its Keras file.

Szegedy et al. 2015, Rethinking the Inception Architecture for Computer Vision, table 1.
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


class InceptionE(nn.Module):
    """1x3 and 3x1 side by side on the coarsest grid (figure 7)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch1x1 = ConvBn(in_channels, 320, (1, 1))
        self.branch3x3_1 = ConvBn(in_channels, 384, (1, 1))
        self.branch3x3_2a = ConvBn(384, 384, (1, 3), pad=(0, 1))
        self.branch3x3_2b = ConvBn(384, 384, (3, 1), pad=(1, 0))
        self.branch3x3dbl_1 = ConvBn(in_channels, 448, (1, 1))
        self.branch3x3dbl_2 = ConvBn(448, 384, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3a = ConvBn(384, 384, (1, 3), pad=(0, 1))
        self.branch3x3dbl_3b = ConvBn(384, 384, (3, 1), pad=(1, 0))
        self.pool = nn.AvgPool2d(3, 1, padding=1)
        self.branch_pool = ConvBn(in_channels, 192, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)
        y = self.branch3x3_1(x)
        branch3x3_2a = self.branch3x3_2a(y)
        branch3x3_2b = self.branch3x3_2b(y)
        branch3x3 = torch.cat((branch3x3_2a, branch3x3_2b), 1)
        y = self.branch3x3dbl_1(x)
        y = self.branch3x3dbl_2(y)
        branch3x3dbl_3a = self.branch3x3dbl_3a(y)
        branch3x3dbl_3b = self.branch3x3dbl_3b(y)
        branch3x3dbl = torch.cat((branch3x3dbl_3a, branch3x3dbl_3b), 1)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat((branch1x1, branch3x3, branch3x3dbl, branch_pool), 1)


class InceptionD(nn.Module):
    """Grid reduction from 17x17 to 8x8 (figure 10)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch3x3_1 = ConvBn(in_channels, 192, (1, 1))
        self.branch3x3_2 = ConvBn(192, 320, (3, 3), stride=2)
        self.branch7x7x3_1 = ConvBn(in_channels, 192, (1, 1))
        self.branch7x7x3_2 = ConvBn(192, 192, (1, 7), pad=(0, 3))
        self.branch7x7x3_3 = ConvBn(192, 192, (7, 1), pad=(3, 0))
        self.branch7x7x3_4 = ConvBn(192, 192, (3, 3), stride=2)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch3x3 = self.branch3x3_1(x)
        branch3x3 = self.branch3x3_2(branch3x3)
        branch7x7x3 = self.branch7x7x3_1(x)
        branch7x7x3 = self.branch7x7x3_2(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_3(branch7x7x3)
        branch7x7x3 = self.branch7x7x3_4(branch7x7x3)
        return torch.cat((branch3x3, branch7x7x3, self.pool(x)), 1)


class InceptionC(nn.Module):
    """7x7 factorised into 1x7 and 7x1 (figure 6)."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.branch1x1 = ConvBn(in_channels, 192, (1, 1))
        self.branch7x7_1 = ConvBn(in_channels, width, (1, 1))
        self.branch7x7_2 = ConvBn(width, width, (1, 7), pad=(0, 3))
        self.branch7x7_3 = ConvBn(width, 192, (7, 1), pad=(3, 0))
        self.branch7x7dbl_1 = ConvBn(in_channels, width, (1, 1))
        self.branch7x7dbl_2 = ConvBn(width, width, (7, 1), pad=(3, 0))
        self.branch7x7dbl_3 = ConvBn(width, width, (1, 7), pad=(0, 3))
        self.branch7x7dbl_4 = ConvBn(width, width, (7, 1), pad=(3, 0))
        self.branch7x7dbl_5 = ConvBn(width, 192, (1, 7), pad=(0, 3))
        self.pool = nn.AvgPool2d(3, 1, padding=1)
        self.branch_pool = ConvBn(in_channels, 192, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)
        branch7x7 = self.branch7x7_1(x)
        branch7x7 = self.branch7x7_2(branch7x7)
        branch7x7 = self.branch7x7_3(branch7x7)
        branch7x7dbl = self.branch7x7dbl_1(x)
        branch7x7dbl = self.branch7x7dbl_2(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_3(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_4(branch7x7dbl)
        branch7x7dbl = self.branch7x7dbl_5(branch7x7dbl)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat((branch1x1, branch7x7, branch7x7dbl, branch_pool), 1)


class InceptionB(nn.Module):
    """Grid reduction from 35x35 to 17x17 (figure 10)."""

    def __init__(self, in_channels):
        super().__init__()
        self.branch3x3 = ConvBn(in_channels, 384, (3, 3), stride=2)
        self.branch3x3dbl_1 = ConvBn(in_channels, 64, (1, 1))
        self.branch3x3dbl_2 = ConvBn(64, 96, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3 = ConvBn(96, 96, (3, 3), stride=2)
        self.pool = nn.MaxPool2d(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch3x3 = self.branch3x3(x)
        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)
        return torch.cat((branch3x3, branch3x3dbl, self.pool(x)), 1)


class InceptionA(nn.Module):
    """Two 3x3 in place of a 5x5 (figure 5), next to a branch that keeps its 5x5."""

    def __init__(self, in_channels, pool_channels):
        super().__init__()
        self.branch1x1 = ConvBn(in_channels, 64, (1, 1))
        self.branch5x5_1 = ConvBn(in_channels, 48, (1, 1))
        self.branch5x5_2 = ConvBn(48, 64, (5, 5), pad=(2, 2))
        self.branch3x3dbl_1 = ConvBn(in_channels, 64, (1, 1))
        self.branch3x3dbl_2 = ConvBn(64, 96, (3, 3), pad=(1, 1))
        self.branch3x3dbl_3 = ConvBn(96, 96, (3, 3), pad=(1, 1))
        self.pool = nn.AvgPool2d(3, 1, padding=1)
        self.branch_pool = ConvBn(in_channels, pool_channels, (1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1x1 = self.branch1x1(x)
        branch5x5 = self.branch5x5_1(x)
        branch5x5 = self.branch5x5_2(branch5x5)
        branch3x3dbl = self.branch3x3dbl_1(x)
        branch3x3dbl = self.branch3x3dbl_2(branch3x3dbl)
        branch3x3dbl = self.branch3x3dbl_3(branch3x3dbl)
        branch_pool = self.pool(x)
        branch_pool = self.branch_pool(branch_pool)
        return torch.cat((branch1x1, branch5x5, branch3x3dbl, branch_pool), 1)


class InceptionV3Torchvision(nn.Module):
    """Inception v3, with the auxiliary head as second output if asked."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.Conv2d_1a_3x3 = ConvBn(in_channels, 32, (3, 3), stride=2)
        self.Conv2d_2a_3x3 = ConvBn(32, 32, (3, 3))
        self.Conv2d_2b_3x3 = ConvBn(32, 64, (3, 3), pad=(1, 1))
        self.maxpool1 = nn.MaxPool2d(3, 2)
        self.Conv2d_3b_1x1 = ConvBn(64, 80, (1, 1))
        self.Conv2d_4a_3x3 = ConvBn(80, 192, (3, 3))
        self.maxpool2 = nn.MaxPool2d(3, 2)
        self.Mixed_5b = InceptionA(192, 32)
        self.Mixed_5c = InceptionA(256, 64)
        self.Mixed_5d = InceptionA(288, 64)
        self.Mixed_6a = InceptionB(288)
        self.Mixed_6b = InceptionC(768, 128)
        self.Mixed_6c = InceptionC(768, 160)
        self.Mixed_6d = InceptionC(768, 160)
        self.Mixed_6e = InceptionC(768, 192)
        self.Mixed_7a = InceptionD(768)
        self.Mixed_7b = InceptionE(1280)
        self.Mixed_7c = InceptionE(2048)
        self.dropout = nn.Dropout(0.5)
        self.fc = nn.Linear(2048, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.Conv2d_1a_3x3(x)
        x = self.Conv2d_2a_3x3(x)
        x = self.Conv2d_2b_3x3(x)
        x = self.maxpool1(x)
        x = self.Conv2d_3b_1x1(x)
        x = self.Conv2d_4a_3x3(x)
        x = self.maxpool2(x)
        x = self.Mixed_5b(x)
        x = self.Mixed_5c(x)
        x = self.Mixed_5d(x)
        x = self.Mixed_6a(x)
        x = self.Mixed_6b(x)
        x = self.Mixed_6c(x)
        x = self.Mixed_6d(x)
        x = self.Mixed_6e(x)
        x = self.Mixed_7a(x)
        x = self.Mixed_7b(x)
        x = self.Mixed_7c(x)
        x = self.dropout(torch.mean(x, (2, 3)))
        return self.fc(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
