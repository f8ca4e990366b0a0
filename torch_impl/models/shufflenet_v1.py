"""ShuffleNet, 3 groups in PyTorch, line for line the twin of its Keras file.

Zhang et al. 2017, ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices, table 1.
"""

import torch
from torch import nn


class ShuffleUnit(nn.Module):
    """Grouped convolutions with a shuffle between them, added to the input (figure 2b)."""

    def __init__(self, in_channels, groups):
        super().__init__()
        self.compress_conv1 = nn.Conv2d(in_channels, in_channels // 4, 1, groups=groups, bias=False)
        self.compress_bn1 = nn.BatchNorm2d(in_channels // 4)
        self.c_shuffle = nn.ChannelShuffle(groups)
        self.dw_conv2 = nn.Conv2d(in_channels // 4, in_channels // 4, 3, padding=1, groups=in_channels // 4, bias=False)
        self.dw_bn2 = nn.BatchNorm2d(in_channels // 4)
        self.expand_conv3 = nn.Conv2d(in_channels // 4, in_channels, 1, groups=groups, bias=False)
        self.expand_bn3 = nn.BatchNorm2d(in_channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.compress_bn1(self.compress_conv1(x)))
        y = self.dw_bn2(self.dw_conv2(self.c_shuffle(y)))
        x = self.expand_bn3(self.expand_conv3(y)) + x
        return torch.relu(x)


class StridedShuffleUnit(nn.Module):
    """Unit that halves the map: the mean of the input stands after what is computed (figure 2c)."""

    def __init__(self, in_channels, width, groups, first_groups):
        super().__init__()
        self.compress_conv1 = nn.Conv2d(in_channels, width, 1, groups=first_groups, bias=False)
        self.compress_bn1 = nn.BatchNorm2d(width)
        self.c_shuffle = nn.ChannelShuffle(groups)
        self.dw_conv2 = nn.Conv2d(width, width, 3, stride=2, padding=1, groups=width, bias=False)
        self.dw_bn2 = nn.BatchNorm2d(width)
        self.expand_conv3 = nn.Conv2d(width, 4 * width - in_channels, 1, groups=groups, bias=False)
        self.expand_bn3 = nn.BatchNorm2d(4 * width - in_channels)
        self.avgpool = nn.AvgPool2d(3, 2, padding=1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        expand_bn3 = torch.relu(self.compress_bn1(self.compress_conv1(x)))
        expand_bn3 = self.dw_bn2(self.dw_conv2(self.c_shuffle(expand_bn3)))
        expand_bn3 = self.expand_bn3(self.expand_conv3(expand_bn3))
        return torch.relu(torch.cat((expand_bn3, self.avgpool(x)), 1))


class InitBlock(nn.Sequential):
    """Conv1 and MaxPool of table 1."""

    def __init__(self, in_channels):
        super().__init__()
        self.add_module("conv", nn.Conv2d(in_channels, 24, 3, stride=2, padding=1, bias=False))
        self.add_module("bn", nn.BatchNorm2d(24))
        self.add_module("activ", nn.ReLU())
        self.add_module("pool", nn.MaxPool2d(3, 2, padding=1))


class ShuffleNet3Groups(nn.Module):
    """ShuffleNet of width 1 with the given number of groups."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("init_block", InitBlock(in_channels))
        features_stage1 = nn.Sequential()
        features_stage1.add_module("unit1", StridedShuffleUnit(24, 60, 3, 1))
        for i in range(3):
            features_stage1.add_module(f"unit{i + 2}", ShuffleUnit(240, 3))
        self.features.add_module("stage1", features_stage1)
        features_stage2 = nn.Sequential()
        features_stage2.add_module("unit1", StridedShuffleUnit(240, 120, 3, 3))
        for i in range(7):
            features_stage2.add_module(f"unit{i + 2}", ShuffleUnit(480, 3))
        self.features.add_module("stage2", features_stage2)
        features_stage3 = nn.Sequential()
        features_stage3.add_module("unit1", StridedShuffleUnit(480, 240, 3, 3))
        for i in range(3):
            features_stage3.add_module(f"unit{i + 2}", ShuffleUnit(960, 3))
        self.features.add_module("stage3", features_stage3)
        self.output = nn.Linear(960, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        return self.output(torch.mean(x, (2, 3)))


# ChannelShuffle of the Keras twin is nn.ChannelShuffle.
#
# With g groups of m channels, channel i of group j moves from place
# j * m + i to place i * g + j, so that the next grouped convolution
# reads every group. The twin writes it as a table of g rows and m
# columns that is read by columns: the channels are the last axis
# there, and the second one here.
#
#     0 1 2
#     3 4 5    becomes    0 3 1 4 2 5
#


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
