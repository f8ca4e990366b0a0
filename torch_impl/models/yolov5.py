"""YOLOv5s in PyTorch, line for line the twin of its Keras file.

Jocher et al. 2020, YOLOv5.
"""

import torch
from torch import nn


class ConvBnAct(nn.Module):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=0.001, momentum=0.03)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(self.bn(self.conv(x)))


class CspBottleneckNoShortcut(nn.Module):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        return self.conv2(x)


class C3(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(CspBottleneckNoShortcut(channels // 2))
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class Pan(nn.Module):
    """Maps of halving size, the largest first, to maps of the same shapes that know of the levels above and below."""

    def __init__(self, in_channels):
        super().__init__()
        self.narrow = nn.ModuleList()
        self.narrow.append(ConvBnAct(in_channels[2], in_channels[1], 1))
        self.narrow.append(ConvBnAct(in_channels[1], in_channels[0], 1))
        self.resize = nn.Upsample(scale_factor=2)
        self.top_down = nn.ModuleList()
        self.top_down.append(C3(2 * in_channels[1], in_channels[1]))
        self.top_down.append(C3(2 * in_channels[0], in_channels[0]))
        self.resize_1 = nn.Upsample(scale_factor=2)
        self.down = nn.ModuleList()
        self.down.append(ConvBnAct(in_channels[0], in_channels[0], 3, stride=2))
        self.down.append(ConvBnAct(in_channels[1], in_channels[1], 3, stride=2))
        self.bottom_up = nn.ModuleList()
        self.bottom_up.append(C3(2 * in_channels[0], in_channels[1]))
        self.bottom_up.append(C3(2 * in_channels[1], in_channels[2]))

    def forward(self, xs: list[torch.Tensor]) -> list[torch.Tensor]:
        narrow_0 = self.narrow[0](xs[2])
        narrow = torch.cat((self.resize(narrow_0), xs[1]), 1)
        narrow = self.top_down[0](narrow)
        narrow = self.narrow[1](narrow)
        down = torch.cat((self.resize_1(narrow), xs[0]), 1)
        down = self.top_down[1](down)
        x = self.down[0](down)
        x = torch.cat((x, narrow), 1)
        x = self.bottom_up[0](x)
        y = self.down[1](x)
        y = torch.cat((y, narrow_0), 1)
        y = self.bottom_up[1](y)
        return [down, x, y]


class Sppf(nn.Module):
    """The map and what it is after one, two, ... pools of an odd size, as channels in this order."""

    def __init__(self, kernel=5):
        super().__init__()
        self.pool1 = nn.MaxPool2d(kernel, 1, padding=kernel // 2)
        self.pool2 = nn.MaxPool2d(kernel, 1, padding=kernel // 2)
        self.pool3 = nn.MaxPool2d(kernel, 1, padding=kernel // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pool1 = self.pool1(x)
        pool2 = self.pool2(pool1)
        return torch.cat((x, pool1, pool2, self.pool3(pool2)), 1)


class SppBottleneck(nn.Module):
    """A 1x1 convolution to half of the channels, pyramid pooling, and another 1x1 convolution."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels // 2, 1)
        self.pool = Sppf()
        self.conv2 = ConvBnAct(4 * (in_channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(x)
        x = self.pool(x)
        return self.conv2(x)


class CspBottleneck(nn.Module):
    """1x1, 3x3 and, where it is asked for, a sum without an activation; the width stays."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, in_channels, 1)
        self.conv2 = ConvBnAct(in_channels, in_channels, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.conv1(x)
        y = self.conv2(y)
        return x + y


class C3Shortcut(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(CspBottleneck(channels // 2))
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class C3Depth3(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(*[CspBottleneck(channels // 2) for _ in range(3)])
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class C3Depth2(nn.Module):
    """Half of the channels pass a row of bottlenecks and half go round it; both join, in this order."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv1 = ConvBnAct(in_channels, channels // 2, 1)
        self.m = nn.Sequential(*[CspBottleneck(channels // 2) for _ in range(2)])
        self.conv2 = ConvBnAct(in_channels, channels // 2, 1)
        self.conv3 = ConvBnAct(2 * (channels // 2), channels, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        m = self.conv1(x)
        m = self.m(m)
        conv2 = self.conv2(x)
        m = torch.cat((m, conv2), 1)
        return self.conv3(m)


class Stem(nn.Module):
    """6x6 convolution of stride 2, in place of Focus: each of its 3x3 places is a square of 2x2 pixels."""

    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 6, stride=2, padding=2, bias=False)
        self.bn = nn.BatchNorm2d(channels, eps=0.001, momentum=0.03)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.silu(self.bn(self.conv(x)))


class CspDarknet(nn.Module):
    """The maps of 1/8, 1/16, 1/32 of the image, with 4, 8 and 16 times the channels of the stem."""

    def __init__(self, in_channels, width):
        super().__init__()
        self.stem = Stem(in_channels, width)
        dark2 = [
            ConvBnAct(width, 2 * width, 3, stride=2),
            C3Shortcut(2 * width, 2 * width),
        ]
        self.dark2 = nn.Sequential(*dark2)
        dark3 = [
            ConvBnAct(2 * width, 4 * width, 3, stride=2),
            C3Depth2(4 * width, 4 * width),
        ]
        self.dark3 = nn.Sequential(*dark3)
        dark4 = [
            ConvBnAct(4 * width, 8 * width, 3, stride=2),
            C3Depth3(8 * width, 8 * width),
        ]
        self.dark4 = nn.Sequential(*dark4)
        dark5 = [
            ConvBnAct(8 * width, 16 * width, 3, stride=2),
            C3Shortcut(16 * width, 16 * width),
            SppBottleneck(16 * width, 16 * width),
        ]
        self.dark5 = nn.Sequential(*dark5)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        x = self.stem(x)
        x = self.dark2(x)
        x = self.dark3(x)
        y = self.dark4(x)
        z = self.dark5(y)
        return [x, y, z]


class YOLOv5s(nn.Module):
    """CSPDarknet, path aggregation, and a 1x1 convolution on each level."""

    def __init__(self, in_channels=3, num_classes=80):
        super().__init__()
        self.backbone = CspDarknet(in_channels, 32)
        self.neck = Pan((128, 256, 512))
        self.head = nn.ModuleList()
        self.head.append(nn.Conv2d(128, 3 * num_classes + 15, 1))
        self.head.append(nn.Conv2d(256, 3 * num_classes + 15, 1))
        self.head.append(nn.Conv2d(512, 3 * num_classes + 15, 1))

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> dict[str, torch.Tensor]:
        x, y, z = self.backbone(x)
        x, y, z = self.neck([x, y, z])
        s8 = self.head[0](x)
        s16 = self.head[1](y)
        s32 = self.head[2](z)
        return {"s8": s8, "s16": s16, "s32": s32}


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
