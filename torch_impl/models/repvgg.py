"""RepVGG-A0 in PyTorch, line for line the twin of its Keras file.

Ding et al. 2021, RepVGG: Making VGG-style ConvNets Great Again, tables 2 and 3.
"""

import torch
from torch import nn


class Head(nn.Module):
    """Mean of the map and a linear layer."""

    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.mean(x, (2, 3)))


class ConvBn(nn.Module):
    """Convolution and batch normalisation."""

    def __init__(self, in_channels, width, kernel, stride=1, groups=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, width, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.bn(self.conv(x))


class BranchedBlock(nn.Module):
    """The sum of a 3x3 and a 1x1 branch, where the shape changes."""

    def __init__(self, in_channels, channels, stride=1, groups=1):
        super().__init__()
        self.conv_kxk = ConvBn(in_channels, channels, 3, stride=stride, groups=groups)
        self.conv_1x1 = ConvBn(in_channels, channels, 1, stride=stride, groups=groups)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv_kxk(x)
        x = self.conv_1x1(x)
        return torch.relu(y + x)


class BranchedIdentityBlock(nn.Module):
    """The sum of a 3x3, a 1x1 and an identity branch, where the shape stays."""

    def __init__(self, in_channels, groups=1):
        super().__init__()
        self.conv_kxk = ConvBn(in_channels, in_channels, 3, groups=groups)
        self.conv_1x1 = ConvBn(in_channels, in_channels, 1, groups=groups)
        self.identity = nn.BatchNorm2d(in_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv_kxk(x)
        z = self.conv_1x1(x)
        y = y + z
        return torch.relu(y + self.identity(x))


class RepVGGA0(nn.Module):
    """RepVGG of these blocks per stage, widths and groups."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.stem = BranchedBlock(in_channels, 48, stride=2)
        stages_0 = nn.Sequential(BranchedBlock(48, 48, stride=2), BranchedIdentityBlock(48))
        stages_1 = nn.Sequential(BranchedBlock(48, 96, stride=2), *[BranchedIdentityBlock(96) for _ in range(3)])
        stages_2 = [
            BranchedBlock(96, 192, stride=2),
            *[BranchedIdentityBlock(192) for _ in range(13)],
        ]
        stages_2 = nn.Sequential(*stages_2)
        stages_3 = nn.Sequential(BranchedBlock(192, 1280, stride=2))
        stages = [
            stages_0,
            stages_1,
            stages_2,
            stages_3,
        ]
        self.stages = nn.Sequential(*stages)
        self.head = Head(1280, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = self.stages(x)
        return self.head(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
