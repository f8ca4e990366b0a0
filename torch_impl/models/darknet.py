"""Darknet-53 (timm) in PyTorch, line for line the twin of its Keras file.

Redmon & Farhadi 2018, YOLOv3: An Incremental Improvement, table 1.
"""

import torch
from torch import nn


class Head(nn.Module):
    """The mean of each channel, and a linear layer."""

    def __init__(self, in_channels, num_classes):
        super().__init__()
        self.fc = nn.Linear(in_channels, num_classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.mean(x, (2, 3)))


class ConvBnAct(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.leaky_relu(self.bn(self.conv(x)), 0.01)


class DarkResidual(nn.Module):
    """1x1 convolution to `width` channels, 3x3 back to those of the input, and a shortcut."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, width, 1)
        self.conv2 = ConvBnAct(width, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class Darknet53Timm(nn.Module):
    """A convolution and five stages of residual units."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.stem = nn.Sequential()
        self.stem.add_module("conv1", ConvBnAct(in_channels, 32, 3))
        stages_0 = nn.Sequential()
        stages_0.add_module("conv_down", ConvBnAct(32, 64, 3, stride=2))
        stages_0_blocks = nn.Sequential(DarkResidual(64, 32))
        stages_0.add_module("blocks", stages_0_blocks)
        stages_1 = nn.Sequential()
        stages_1.add_module("conv_down", ConvBnAct(64, 128, 3, stride=2))
        stages_1_blocks = nn.Sequential(*[DarkResidual(128, 64) for _ in range(2)])
        stages_1.add_module("blocks", stages_1_blocks)
        stages_2 = nn.Sequential()
        stages_2.add_module("conv_down", ConvBnAct(128, 256, 3, stride=2))
        stages_2_blocks = nn.Sequential(*[DarkResidual(256, 128) for _ in range(8)])
        stages_2.add_module("blocks", stages_2_blocks)
        stages_3 = nn.Sequential()
        stages_3.add_module("conv_down", ConvBnAct(256, 512, 3, stride=2))
        stages_3_blocks = nn.Sequential(*[DarkResidual(512, 256) for _ in range(8)])
        stages_3.add_module("blocks", stages_3_blocks)
        stages_4 = nn.Sequential()
        stages_4.add_module("conv_down", ConvBnAct(512, 1024, 3, stride=2))
        stages_4_blocks = nn.Sequential(*[DarkResidual(1024, 512) for _ in range(4)])
        stages_4.add_module("blocks", stages_4_blocks)
        stages = [
            stages_0,
            stages_1,
            stages_2,
            stages_3,
            stages_4,
        ]
        self.stages = nn.Sequential(*stages)
        self.head = Head(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = self.stages(x)
        return self.head(x)


# leaky_relu of the Keras twin is nn.LeakyReLU: slope * x below zero. Keras's
# own rounds the slope to float32, and its default is 0.3 where PyTorch's is
# 0.01.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
