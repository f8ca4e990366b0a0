"""GhostNet in PyTorch, line for line the twin of its Keras file.

Han et al. 2019, GhostNet: More Features from Cheap Operations, table 1.
"""

import torch
from torch import nn


class GhostModuleLinear(nn.Module):
    """Half the channels by a 1x1 convolution, the others from those by cheap `d` x `d` depthwise filters."""

    def __init__(self, in_channels, channels, d=3):
        super().__init__()
        primary_conv = [
            nn.Conv2d(in_channels, channels // 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
        ]
        self.primary_conv = nn.Sequential(*primary_conv)
        cheap_operation = [
            nn.Conv2d(channels // 2, channels - channels // 2, d, padding=d // 2, groups=channels // 2, bias=False),
            nn.BatchNorm2d(channels - channels // 2),
        ]
        self.cheap_operation = nn.Sequential(*cheap_operation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        primary_conv = self.primary_conv(x)
        cheap_operation = self.cheap_operation(primary_conv)
        return torch.cat((primary_conv, cheap_operation), 1)


class SqueezeExcite(nn.Module):
    """Weigh the channels of a map (C, H, W) by a gate from their means, through `squeeze` channels."""

    def __init__(self, in_channels, squeeze):
        super().__init__()
        self.adaptive_avg_pool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(in_channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, in_channels, 1)
        self.hard_sigmoid = HardSigmoid()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.fc1(self.adaptive_avg_pool(x)))
        y = self.hard_sigmoid(self.fc2(y))
        return x * y


class GhostModule(nn.Module):
    """Half the channels by a 1x1 convolution, the others from those by cheap `d` x `d` depthwise filters."""

    def __init__(self, in_channels, channels, d=3):
        super().__init__()
        primary_conv = [
            nn.Conv2d(in_channels, channels // 2, 1, bias=False),
            nn.BatchNorm2d(channels // 2),
            nn.ReLU(),
        ]
        self.primary_conv = nn.Sequential(*primary_conv)
        cheap_operation = [
            nn.Conv2d(channels // 2, channels - channels // 2, d, padding=d // 2, groups=channels // 2, bias=False),
            nn.BatchNorm2d(channels - channels // 2),
            nn.ReLU(),
        ]
        self.cheap_operation = nn.Sequential(*cheap_operation)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        primary_conv = self.primary_conv(x)
        cheap_operation = self.cheap_operation(primary_conv)
        return torch.cat((primary_conv, cheap_operation), 1)


class GhostBottleneckGate(nn.Module):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, in_channels, width, channels, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, width)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(width, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ghost1(x)
        y = self.se(y)
        y = self.ghost2(y)
        return y + x


class GhostBottleneck(nn.Module):
    """Expand to `width` channels, project to `channels`, add the shortcut."""

    def __init__(self, in_channels, width, channels):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, width)
        self.ghost2 = GhostModuleLinear(width, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ghost1(x)
        y = self.ghost2(y)
        return y + x


class GhostShortcut(nn.Sequential):
    """Depthwise and 1x1 convolution, both without an activation."""

    def __init__(self, in_channels, channels, size, stride):
        steps = [
            nn.Conv2d(in_channels, in_channels, size, stride=stride, padding=size // 2, groups=in_channels, bias=False),
            nn.BatchNorm2d(in_channels),
            nn.Conv2d(in_channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        ]
        super().__init__(*steps)


class GhostBottleneckProjectionGateDepthwise(nn.Module):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, width)
        self.conv_dw = nn.Conv2d(width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False)
        self.bn_dw = nn.BatchNorm2d(width)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(width, channels)
        self.shortcut = GhostShortcut(in_channels, channels, kernel, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ghost1(x)
        y = self.bn_dw(self.conv_dw(y))
        y = self.se(y)
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostBottleneckProjectionGate(nn.Module):
    """Expand to `width` channels, gate through `squeeze` channels, project to `channels`, add the shortcut."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, width)
        self.se = SqueezeExcite(width, squeeze)
        self.ghost2 = GhostModuleLinear(width, channels)
        self.shortcut = GhostShortcut(in_channels, channels, kernel, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ghost1(x)
        y = self.se(y)
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostBottleneckProjectionDepthwise(nn.Module):
    """Expand to `width` channels, project to `channels`, add the shortcut."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        self.ghost1 = GhostModule(in_channels, width)
        self.conv_dw = nn.Conv2d(width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False)
        self.bn_dw = nn.BatchNorm2d(width)
        self.ghost2 = GhostModuleLinear(width, channels)
        self.shortcut = GhostShortcut(in_channels, channels, kernel, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.ghost1(x)
        y = self.bn_dw(self.conv_dw(y))
        y = self.ghost2(y)
        x = self.shortcut(x)
        return y + x


class GhostNet(nn.Module):
    """GhostNet of the given width, which leaves only the last convolution as it is."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.conv_stem = nn.Conv2d(in_channels, 16, 3, stride=2, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        blocks_0 = nn.Sequential(GhostBottleneck(16, 16, 16))
        blocks_1 = nn.Sequential(GhostBottleneckProjectionDepthwise(16, 48, 24, stride=2))
        blocks_2 = nn.Sequential(GhostBottleneck(24, 72, 24))
        blocks_3 = [
            GhostBottleneckProjectionGateDepthwise(24, 72, 40, kernel=5, stride=2, squeeze=20),
        ]
        blocks_3 = nn.Sequential(*blocks_3)
        blocks_4 = nn.Sequential(GhostBottleneckGate(40, 120, 40, squeeze=32))
        blocks_5 = nn.Sequential(GhostBottleneckProjectionDepthwise(40, 240, 80, stride=2))
        blocks_6 = [
            GhostBottleneck(80, 200, 80),
            *[GhostBottleneck(80, 184, 80) for _ in range(2)],
            GhostBottleneckProjectionGate(80, 480, 112, squeeze=120),
            GhostBottleneckGate(112, 672, 112, squeeze=168),
        ]
        blocks_6 = nn.Sequential(*blocks_6)
        blocks_7 = [
            GhostBottleneckProjectionGateDepthwise(112, 672, 160, kernel=5, stride=2, squeeze=168),
        ]
        blocks_7 = nn.Sequential(*blocks_7)
        blocks_8 = [
            GhostBottleneck(160, 960, 160),
            GhostBottleneckGate(160, 960, 160, squeeze=240),
            GhostBottleneck(160, 960, 160),
            GhostBottleneckGate(160, 960, 160, squeeze=240),
        ]
        blocks_8 = nn.Sequential(*blocks_8)
        blocks_9 = [
            nn.Conv2d(160, 960, 1, bias=False),
            nn.BatchNorm2d(960),
            nn.ReLU(),
        ]
        blocks_9 = nn.Sequential(*blocks_9)
        blocks = [
            blocks_0,
            blocks_1,
            blocks_2,
            blocks_3,
            blocks_4,
            blocks_5,
            blocks_6,
            blocks_7,
            blocks_8,
            blocks_9,
        ]
        self.blocks = nn.Sequential(*blocks)
        self.global_pool = nn.AdaptiveAvgPool2d(1)
        self.conv_head = nn.Conv2d(960, 1280, 1)
        self.flatten = nn.Flatten()
        self.dropout = nn.Dropout(0.2)
        self.classifier = nn.Linear(1280, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.bn1(self.conv_stem(x)))
        x = self.blocks(x)
        x = torch.relu(self.conv_head(self.global_pool(x)))
        x = self.flatten(x)
        x = self.dropout(x)
        return self.classifier(x)


class HardSigmoid(nn.Module):
    """relu6(x + 3) / 6; PyTorch's own rounds its gradient to float32."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.relu6(x + 3) / 6


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
