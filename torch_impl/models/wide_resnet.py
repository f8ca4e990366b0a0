"""Wide ResNet-50-2 in PyTorch, line for line the twin of its Keras file.

Zagoruyko & Komodakis 2016, Wide Residual Networks, section 3 and table 8.
"""

import torch
from torch import nn


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 2 * width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2 * width)
        self.conv2 = nn.Conv2d(2 * width, 2 * width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        x = self.bn3(self.conv3(y)) + x
        return torch.relu(x)


class Shortcut(nn.Sequential):
    """Projection shortcut (He et al. 2015, section 3.3, option B)."""

    def __init__(self, in_channels, channels, stride):
        steps = [
            nn.Conv2d(in_channels, channels, 1, stride=stride, bias=False),
            nn.BatchNorm2d(channels),
        ]
        super().__init__(*steps)


class BottleneckProjection(nn.Module):
    """1x1, 3x3, 1x1 convolutions and a shortcut (He et al. 2015, figure 5, right)."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 2 * width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(2 * width)
        self.conv2 = nn.Conv2d(2 * width, 2 * width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = Shortcut(in_channels, 4 * width, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.bn1(self.conv1(x)))
        y = torch.relu(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        x = self.downsample(x)
        return torch.relu(y + x)


class WideResNet502(nn.Module):
    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = nn.Sequential(BottleneckProjection(64, 64), *[Bottleneck(256, 64) for _ in range(2)])
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
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        return self.fc(torch.mean(x, (2, 3)))


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
