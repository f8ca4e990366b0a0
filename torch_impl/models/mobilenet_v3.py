"""MobileNetV3 large (torchvision) in PyTorch, line for line the twin of its Keras file.

Howard et al. 2019, Searching for MobileNetV3, table 1.
"""

import torch
from torch import nn


class ConvNormHardSwish(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01),
            nn.Hardswish(),
        ]
        super().__init__(*steps)


class ConvNorm(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01),
        ]
        super().__init__(*steps)


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


class ConvNormDepthwiseHardSwish(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNormHardSwish: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01),
            nn.Hardswish(),
        ]
        super().__init__(*steps)


class InvertedResidualGate(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(in_channels, width, 1),
            ConvNormDepthwiseHardSwish(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualGateNoShortcut(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormHardSwish(in_channels, width, 1),
            ConvNormDepthwiseHardSwish(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class InvertedResidual(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(in_channels, width, 1),
            ConvNormDepthwiseHardSwish(width, width, kernel, stride=stride, groups=width),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcut(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormHardSwish(in_channels, width, 1),
            ConvNormDepthwiseHardSwish(width, width, kernel, stride=stride, groups=width),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class ConvNormDepthwiseRelu(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01),
            nn.ReLU(),
        ]
        super().__init__(*steps)


class ConvNormRelu(nn.Sequential):
    """Convolution without a bias, batch normalisation, and an activation where one is asked for."""

    # In one of the frameworks it is ConvNormDepthwiseRelu: for depthwise convolutions Keras has a layer of its own.
    def __init__(self, in_channels, channels, kernel, stride=1, groups=1):
        steps = [
            nn.Conv2d(in_channels, channels, kernel, stride=stride, padding=kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(channels, eps=0.001, momentum=0.01),
            nn.ReLU(),
        ]
        super().__init__(*steps)


class InvertedResidualGateRelu(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu(in_channels, width, 1),
            ConvNormDepthwiseRelu(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualGateNoShortcutRelu(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, gate through `squeeze`, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1, squeeze=0):
        super().__init__()
        block = [
            ConvNormRelu(in_channels, width, 1),
            ConvNormDepthwiseRelu(width, width, kernel, stride=stride, groups=width),
            SqueezeExcite(width, squeeze),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class InvertedResidualRelu(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu(in_channels, width, 1),
            ConvNormDepthwiseRelu(width, width, kernel, stride=stride, groups=width),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class InvertedResidualNoShortcutRelu(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormRelu(in_channels, width, 1),
            ConvNormDepthwiseRelu(width, width, kernel, stride=stride, groups=width),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(x)


class InvertedResidualNoExpansionRelu(nn.Module):
    """Expand to `width` channels if more, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        block = [
            ConvNormDepthwiseRelu(in_channels, width, kernel, stride=stride, groups=width),
            ConvNorm(width, channels, 1),
        ]
        self.block = nn.Sequential(*block)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.block(x)
        return x + y


class MobileNetV3LargeTorchvision(nn.Module):
    """MobileNetV3, large or small, times a width, with or without the layer between the pool and the classifier."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        features = [
            ConvNormHardSwish(in_channels, 16, 3, stride=2),
            InvertedResidualNoExpansionRelu(16, 16, 16),
            InvertedResidualNoShortcutRelu(16, 64, 24, stride=2),
            InvertedResidualRelu(24, 72, 24),
            InvertedResidualGateNoShortcutRelu(24, 72, 40, kernel=5, stride=2, squeeze=24),
            *[InvertedResidualGateRelu(40, 120, 40, kernel=5, squeeze=32) for _ in range(2)],
            InvertedResidualNoShortcut(40, 240, 80, stride=2),
            InvertedResidual(80, 200, 80),
            *[InvertedResidual(80, 184, 80) for _ in range(2)],
            InvertedResidualGateNoShortcut(80, 480, 112, squeeze=120),
            InvertedResidualGate(112, 672, 112, squeeze=168),
            InvertedResidualGateNoShortcut(112, 672, 160, kernel=5, stride=2, squeeze=168),
            *[InvertedResidualGate(160, 960, 160, kernel=5, squeeze=240) for _ in range(2)],
            ConvNormHardSwish(160, 960, 1),
        ]
        self.features = nn.Sequential(*features)
        classifier = [
            nn.Linear(960, 1280),
            nn.Hardswish(),
            nn.Dropout(0.2),
            nn.Linear(1280, num_classes),
        ]
        self.classifier = nn.Sequential(*classifier)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = torch.mean(x, (2, 3))
        return self.classifier(x)


class HardSigmoid(nn.Module):
    """relu6(x + 3) / 6; PyTorch's own rounds its gradient to float32."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.relu6(x + 3) / 6


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
