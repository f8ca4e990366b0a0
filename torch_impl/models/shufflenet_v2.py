"""ShuffleNet V2 x1.0 in PyTorch, line for line the twin of its Keras file.

Ma et al. 2018, ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, table 5.
"""

import torch
from torch import nn


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        ]
        super().__init__(*steps)


class BasicUnit(nn.Module):
    """Unit in which one half of the channels stays as it is (figure 3c)."""

    def __init__(self, in_channels):
        super().__init__()
        self.channel_slice = ChannelSlice(0, in_channels // 2)
        self.channel_slice_1 = ChannelSlice(in_channels // 2, 2 * (in_channels // 2))
        branch2 = [
            nn.Conv2d(in_channels // 2, in_channels // 2, 1, bias=False),
            nn.BatchNorm2d(in_channels // 2),
            nn.ReLU(),
            nn.Conv2d(in_channels // 2, in_channels // 2, 3, padding=1, groups=in_channels // 2, bias=False),
            nn.BatchNorm2d(in_channels // 2),
            nn.Conv2d(in_channels // 2, in_channels // 2, 1, bias=False),
            nn.BatchNorm2d(in_channels // 2),
            nn.ReLU(),
        ]
        self.branch2 = nn.Sequential(*branch2)
        self.channel_shuffle = nn.ChannelShuffle(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.channel_slice(x)
        x = self.channel_slice_1(x)
        x = self.branch2(x)
        return self.channel_shuffle(torch.cat((y, x), 1))


class DownsamplingUnit(nn.Module):
    """Unit that halves the map, whose branches both read all channels (figure 3d)."""

    def __init__(self, in_channels, channels):
        super().__init__()
        branch1 = [
            nn.Conv2d(in_channels, in_channels, 3, stride=2, padding=1, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, channels // 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
        ]
        self.branch1 = nn.Sequential(*branch1)
        branch2 = [
            nn.Conv2d(in_channels, channels // 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
            nn.Conv2d(channels // 2, channels // 2, 3, stride=2, padding=1, groups=channels // 2, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.Conv2d(channels // 2, channels // 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
        ]
        self.branch2 = nn.Sequential(*branch2)
        self.channel_shuffle = nn.ChannelShuffle(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        branch1 = self.branch1(x)
        branch2 = self.branch2(x)
        return self.channel_shuffle(torch.cat((branch1, branch2), 1))


class ShuffleNetV2X10(nn.Module):
    """ShuffleNet V2 of the given width."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv1 = ConvNorm(in_channels, 24, 3, stride=2)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.stage2 = nn.Sequential(DownsamplingUnit(24, 116), *[BasicUnit(116) for _ in range(3)])
        self.stage3 = nn.Sequential(DownsamplingUnit(116, 232), *[BasicUnit(232) for _ in range(7)])
        self.stage4 = nn.Sequential(DownsamplingUnit(232, 464), *[BasicUnit(464) for _ in range(3)])
        self.conv5 = ConvNorm(464, 1024, 1)
        self.fc = nn.Linear(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = self.maxpool(x)
        x = self.stage2(x)
        x = self.stage3(x)
        x = self.stage4(x)
        x = self.conv5(x)
        return self.fc(torch.mean(x, (2, 3)))


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


class ChannelSlice(nn.Module):
    """Channels start ... stop - 1."""

    def __init__(self, start, stop):
        super().__init__()
        self.start = start
        self.stop = stop

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, self.start : self.stop]


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
