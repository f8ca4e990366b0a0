"""MnasNet-B1 in PyTorch, line for line the twin of its Keras file.

Tan et al. 2018, MnasNet: Platform-Aware Neural Architecture Search for Mobile, figure 7.
"""

import torch
from torch import nn


class InvertedResidualNoShortcut(nn.Module):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        layers_ = [
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False),
            nn.BatchNorm2d(width, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels, momentum=0.0003),
        ]
        self.layers = nn.Sequential(*layers_)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class InvertedResidual(nn.Module):
    """Expand to `width` channels, convolve depthwise, project to `channels`."""

    def __init__(self, in_channels, width, channels, kernel=3, stride=1):
        super().__init__()
        layers_ = [
            nn.Conv2d(in_channels, width, 1, bias=False),
            nn.BatchNorm2d(width, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(width, width, kernel, stride=stride, padding=kernel // 2, groups=width, bias=False),
            nn.BatchNorm2d(width, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(width, channels, 1, bias=False),
            nn.BatchNorm2d(channels, momentum=0.0003),
        ]
        self.layers = nn.Sequential(*layers_)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.layers(x)
        return x + y


class MnasNetB1(nn.Module):
    """MnasNet of the given variant and width, which leaves only the last convolution as it is."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        layers__8 = [
            InvertedResidualNoShortcut(16, 48, 24, stride=2),
            *[InvertedResidual(24, 72, 24) for _ in range(2)],
        ]
        layers__8 = nn.Sequential(*layers__8)
        layers__9 = [
            InvertedResidualNoShortcut(24, 72, 40, kernel=5, stride=2),
            *[InvertedResidual(40, 120, 40, kernel=5) for _ in range(2)],
        ]
        layers__9 = nn.Sequential(*layers__9)
        layers__10 = [
            InvertedResidualNoShortcut(40, 240, 80, kernel=5, stride=2),
            *[InvertedResidual(80, 480, 80, kernel=5) for _ in range(2)],
        ]
        layers__10 = nn.Sequential(*layers__10)
        layers__11 = [
            InvertedResidualNoShortcut(80, 480, 96),
            InvertedResidual(96, 576, 96),
        ]
        layers__11 = nn.Sequential(*layers__11)
        layers__12 = [
            InvertedResidualNoShortcut(96, 576, 192, kernel=5, stride=2),
            *[InvertedResidual(192, 1152, 192, kernel=5) for _ in range(3)],
        ]
        layers__12 = nn.Sequential(*layers__12)
        layers__13 = nn.Sequential(InvertedResidualNoShortcut(192, 1152, 320))
        layers_ = [
            nn.Conv2d(in_channels, 32, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False),
            nn.BatchNorm2d(32, momentum=0.0003),
            nn.ReLU(),
            nn.Conv2d(32, 16, 1, bias=False),
            nn.BatchNorm2d(16, momentum=0.0003),
            layers__8,
            layers__9,
            layers__10,
            layers__11,
            layers__12,
            layers__13,
            nn.Conv2d(320, 1280, 1, bias=False),
            nn.BatchNorm2d(1280, momentum=0.0003),
            nn.ReLU(),
        ]
        self.layers = nn.Sequential(*layers_)
        classifier = [
            nn.Dropout(0.2),
            nn.Linear(1280, num_classes),
        ]
        self.classifier = nn.Sequential(*classifier)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.layers(x)
        x = torch.mean(x, (2, 3))
        return self.classifier(x)


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
