"""Xception (timm) in PyTorch, line for line the twin of its Keras file.

Chollet 2016, Xception: Deep Learning with Depthwise Separable Convolutions, figure 5.
"""

import torch
from torch import nn


class SeparableConv(nn.Module):
    """Depthwise, then 1x1 convolution."""

    def __init__(self, in_channels, channels, kernel=3):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, in_channels, kernel, padding=kernel // 2, groups=in_channels, bias=False)
        self.pointwise = nn.Conv2d(in_channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.pointwise(self.conv1(x))


class HalvingModule(nn.Module):
    """Two separable convolutions and a pool (entry and exit flow)."""

    def __init__(self, in_channels, width, channels):
        super().__init__()
        rep = [
            nn.ReLU(),
            SeparableConv(in_channels, width),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            SeparableConv(width, channels),
            nn.BatchNorm2d(channels),
            nn.MaxPool2d(3, 2, padding=1),
        ]
        self.rep = nn.Sequential(*rep)
        self.skip = nn.Conv2d(in_channels, channels, 1, stride=2, bias=False)
        self.skipbn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.rep(x)
        return y + self.skipbn(self.skip(x))


class MiddleModule(nn.Module):
    """Three separable convolutions, and the input as it is (middle flow)."""

    def __init__(self, in_channels):
        super().__init__()
        rep = [
            nn.ReLU(),
            SeparableConv(in_channels, in_channels),
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            SeparableConv(in_channels, in_channels),
            nn.BatchNorm2d(in_channels),
            nn.ReLU(),
            SeparableConv(in_channels, in_channels),
            nn.BatchNorm2d(in_channels),
        ]
        self.rep = nn.Sequential(*rep)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.rep(x)
        return y + x


class FirstModule(nn.Module):
    """Halving module whose input has gone through a ReLU."""

    def __init__(self, in_channels, width, channels):
        super().__init__()
        rep = [
            SeparableConv(in_channels, width),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            SeparableConv(width, channels),
            nn.BatchNorm2d(channels),
            nn.MaxPool2d(3, 2, padding=1),
        ]
        self.rep = nn.Sequential(*rep)
        self.skip = nn.Conv2d(in_channels, channels, 1, stride=2, bias=False)
        self.skipbn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.rep(x)
        return y + self.skipbn(self.skip(x))


class XceptionTimm(nn.Module):
    """Xception."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 32, 3, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        self.conv2 = nn.Conv2d(32, 64, 3, bias=False)
        self.bn2 = nn.BatchNorm2d(64)
        self.block1 = FirstModule(64, 128, 128)
        self.block2 = HalvingModule(128, 256, 256)
        self.block3 = HalvingModule(256, 728, 728)
        self.block4 = MiddleModule(728)
        self.block5 = MiddleModule(728)
        self.block6 = MiddleModule(728)
        self.block7 = MiddleModule(728)
        self.block8 = MiddleModule(728)
        self.block9 = MiddleModule(728)
        self.block10 = MiddleModule(728)
        self.block11 = MiddleModule(728)
        self.block12 = HalvingModule(728, 728, 1024)
        self.conv3 = SeparableConv(1024, 1536)
        self.bn3 = nn.BatchNorm2d(1536)
        self.conv4 = SeparableConv(1536, 2048)
        self.bn4 = nn.BatchNorm2d(2048)
        self.fc = nn.Linear(2048, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv1(x)))
        x = torch.relu(self.bn2(self.conv2(x)))
        x = self.block1(x)
        x = self.block2(x)
        x = self.block3(x)
        x = self.block4(x)
        x = self.block5(x)
        x = self.block6(x)
        x = self.block7(x)
        x = self.block8(x)
        x = self.block9(x)
        x = self.block10(x)
        x = self.block11(x)
        x = self.block12(x)
        x = self.conv3(x)
        x = torch.relu(self.bn3(x))
        x = self.conv4(x)
        x = torch.relu(self.bn4(x))
        return self.fc(torch.mean(x, (2, 3)))


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
