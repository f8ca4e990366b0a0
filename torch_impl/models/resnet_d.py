"""ResNet-50-D in PyTorch, line for line the twin of its Keras file.

He et al. 2018, Bag of Tricks for Image Classification with Convolutional Neural Networks, figure 2.
"""

import torch
from torch import nn


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        x = self.bn3(self.conv3(y)) + x
        return torch.relu(x)


class PooledShortcut(nn.Sequential):
    """Average pool and projection (He et al. 2018, Bag of Tricks, figure 2c)."""

    def __init__(self, in_channels, channels, stride):
        steps = [
            nn.AvgPool2d(2, stride, ceil_mode=True),
            nn.Conv2d(in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        super().__init__(*steps)


class BottleneckProjection(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = PooledShortcut(in_channels, 4 * width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return torch.relu(y + x)


class PooledShortcutNoAvgPool(nn.Sequential):
    """Average pool and projection (He et al. 2018, Bag of Tricks, figure 2c)."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.add_module("1", nn.Conv2d(in_channels, channels, 1, bias=False))
        self.add_module("2", nn.BatchNorm2d(channels))


class Bottleneck2(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = PooledShortcutNoAvgPool(in_channels, 4 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return torch.relu(y + x)


class DeepStem(nn.Sequential):
    """Three 3x3 convolutions, the first of stride 2; the normalisation of the last stands outside (figure 2b)."""

    def __init__(self, in_channels):
        steps = [
            nn.Conv2d(in_channels, 32, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Conv2d(32, 64, 3, padding=1, bias=False),
        ]
        super().__init__(*steps)


class ResNet50D(nn.Module):
    """ResNet-D of the given depth."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = DeepStem(in_channels)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = nn.Sequential(Bottleneck2(64, 64), *[Bottleneck(256, 64) for _ in range(2)])
        layer2 = [
            BottleneckProjection(256, 128, stride=2),
            *[Bottleneck(512, 128) for _ in range(3)],
        ]
        self.layer2 = nn.Sequential(*layer2)
        layer3 = [
            BottleneckProjection(512, 256, stride=2),
            *[Bottleneck(1024, 256) for _ in range(5)],
        ]
        self.layer3 = nn.Sequential(*layer3)
        layer4 = [
            BottleneckProjection(1024, 512, stride=2),
            *[Bottleneck(2048, 512) for _ in range(2)],
        ]
        self.layer4 = nn.Sequential(*layer4)
        self.fc = nn.Linear(2048, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = torch.relu(self.bn1(x))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(torch.mean(x, (2, 3)))


# CountedAveragePooling2D of the Keras twin is nn.AvgPool2d with ceil_mode=True or count_include_pad=False.
#
# Both change what a mean is divided by. In ceil mode a last window may reach beyond the padded image; what it reaches
# there adds nothing, and does not count either. Of the padding itself, count_include_pad says whether it counts. A row
# of eight numbers under a kernel of 3 and a stride of 2, in ceil mode:
#
#     padding                0                    1                    1
#     count_include_pad      -                    True                 False
#     windows                123 345 567 78       .12 234 456 678 8.   .12 234 456 678 8.
#     means                  2   4   6   7.5      1   3   5   7   4    1.5 3   5   7   8
#
# A point stands for a place of the padding. A window that would start after the last number of the image is left out,
# so that no mean is ever taken over padding alone.
#
# layers.AveragePooling2D has no ceil mode, and it never counts what its "same" adds; zeros of layers.ZeroPadding2D
# always count. So the twin writes the rule out:
#
#     the mean of the image with zeros all around
#     -------------------------------------------
#     the same mean of an image of ones
#
# with ones in the padding as well where it counts, and zeros in what a last window reaches beyond it. How far that is
# depends on the size of the image, which the twin looks up when it runs:
#
#     (windows - 1) * stride + kernel - (before + size + after)


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
