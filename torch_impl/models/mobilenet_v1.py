"""MobileNet V1 (timm) in PyTorch, line for line the twin of its Keras file.

Howard et al. 2017, MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications, table 1.
"""

import torch
from torch import nn


class DepthwiseSeparable(nn.Module):
    """Depthwise 3x3 and 1x1 convolution, each with batch normalisation and activation."""

    def __init__(self, in_channels, channels, stride=1):
        super().__init__()
        self.conv_dw = nn.Conv2d(in_channels, in_channels, 3, stride=stride, padding=1, groups=in_channels, bias=False)
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv_pw = nn.Conv2d(in_channels, channels, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self.bn1(self.conv_dw(x)))
        return nn.functional.relu6(self.bn2(self.conv_pw(x)))


class MobileNetV1Timm(nn.Module):
    """MobileNet: depthwise separable convolutions of one kind, without shortcuts."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv_stem = nn.Conv2d(in_channels, 32, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(32)
        blocks_0 = nn.Sequential(DepthwiseSeparable(32, 64))
        blocks_1 = nn.Sequential(DepthwiseSeparable(64, 128, stride=2), DepthwiseSeparable(128, 128))
        blocks_2 = nn.Sequential(DepthwiseSeparable(128, 256, stride=2), DepthwiseSeparable(256, 256))
        blocks_3 = [
            DepthwiseSeparable(256, 512, stride=2),
            *[DepthwiseSeparable(512, 512) for _ in range(5)],
        ]
        blocks_3 = nn.Sequential(*blocks_3)
        blocks_4 = nn.Sequential(DepthwiseSeparable(512, 1024, stride=2), DepthwiseSeparable(1024, 1024))
        blocks = [
            blocks_0,
            blocks_1,
            blocks_2,
            blocks_3,
            blocks_4,
        ]
        self.blocks = nn.Sequential(*blocks)
        self.classifier = nn.Linear(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self.bn1(self.conv_stem(x)))
        x = self.blocks(x)
        return self.classifier(torch.mean(x, (2, 3)))


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
