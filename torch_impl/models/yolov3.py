"""YOLOv3 in PyTorch, line for line the twin of its Keras file.

Redmon & Farhadi 2018, YOLOv3: An Incremental Improvement, table 1 and section 2.3.
"""

import torch
from torch import nn


class ConvBnAct(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, momentum=0.01)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.leaky_relu(self.bn(self.conv(x)), 0.1)


class YoloHead(nn.Module):
    """A 3x3 convolution to `channels`, and a 1x1 with a bias: the raw map of one level."""

    def __init__(self, in_channels, channels, outputs):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels, 3)
        self.conv2 = nn.Conv2d(channels, outputs, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(x)


class ConvSet(nn.Sequential):
    """Five convolutions by turns, 1x1 to `width` and 3x3 to twice as many."""

    def __init__(self, in_channels, width):
        steps = [
            ConvBnAct(in_channels, width, 1),
            ConvBnAct(width, 2 * width, 3),
            ConvBnAct(2 * width, width, 1),
            ConvBnAct(width, 2 * width, 3),
            ConvBnAct(2 * width, width, 1),
        ]
        super().__init__(*steps)


class TopDown(nn.Module):
    """A coarse map in 1x1 `channels` at twice its size, then the tapped map of that size beside it."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_up = ConvBnAct(in_channels, channels, 1)
        self.resize = nn.Upsample(scale_factor=2)

    def forward(self, x: torch.Tensor, tap: torch.Tensor) -> torch.Tensor:
        x = self.conv_up(x)
        return torch.cat((self.resize(x), tap), 1)


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


class DarkStageDepth4(nn.Module):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.blocks = nn.Sequential(*[DarkResidual(channels, channels // 2) for _ in range(4)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStage(nn.Module):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.blocks = nn.Sequential(*[DarkResidual(channels, channels // 2) for _ in range(8)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStageDepth2(nn.Module):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.blocks = nn.Sequential(*[DarkResidual(channels, channels // 2) for _ in range(2)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        return self.blocks(x)


class DarkStageDepth1(nn.Module):
    """3x3 convolution of stride 2 to `channels`, then residual units of half the width inside."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv_down = ConvBnAct(in_channels, channels, 3, stride=2)
        self.blocks = nn.Sequential(DarkResidual(channels, channels // 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv_down(x)
        return self.blocks(x)


class Darknet53(nn.Module):
    """Darknet-53 without its head: the maps at strides 8, 16 and 32."""

    def __init__(self, in_channels):
        super().__init__()
        self.stem = ConvBnAct(in_channels, 32, 3)
        self.stages = nn.ModuleList()
        self.stages.append(DarkStageDepth1(32, 64))
        self.stages.append(DarkStageDepth2(64, 128))
        self.stages.append(DarkStage(128, 256))
        self.stages.append(DarkStage(256, 512))
        self.stages.append(DarkStageDepth4(512, 1024))

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.stem(x)
        x = self.stages[0](x)
        x = self.stages[1](x)
        x = self.stages[2](x)
        y = self.stages[3](x)
        z = self.stages[4](y)
        return [x, y, z]


class YOLOv3(nn.Module):
    """Darknet-53, and from the top down a set of convolutions and a map at each of three levels."""

    def __init__(self, in_channels=3, num_classes=80):
        super().__init__()
        self.backbone = Darknet53(in_channels)
        self.set_p5 = ConvSet(1024, 512)
        self.head_s32 = YoloHead(512, 1024, 3 * num_classes + 15)
        self.join_p4 = TopDown(512, 256)
        self.set_p4 = ConvSet(768, 256)
        self.head_s16 = YoloHead(256, 512, 3 * num_classes + 15)
        self.join_p3 = TopDown(256, 128)
        self.set_p3 = ConvSet(384, 128)
        self.head_s8 = YoloHead(128, 256, 3 * num_classes + 15)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, y, z = self.backbone(x)
        z = self.set_p5(z)
        s32 = self.head_s32(z)
        z = self.join_p4(z, y)
        z = self.set_p4(z)
        s16 = self.head_s16(z)
        z = self.join_p3(z, x)
        z = self.set_p3(z)
        s8 = self.head_s8(z)
        return {"s32": s32, "s16": s16, "s8": s8}


# leaky_relu of the Keras twin is nn.LeakyReLU: slope * x below zero. Keras's
# own rounds the slope to float32, and its default is 0.3 where PyTorch's is
# 0.01.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
