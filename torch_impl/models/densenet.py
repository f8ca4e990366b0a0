"""DenseNet-121 in PyTorch, line for line the twin of its Keras file.

Huang et al. 2017, Densely Connected Convolutional Networks, table 1.
"""

import torch
from torch import nn


class DenseLayer(nn.Module):
    """BN-ReLU-Conv 1x1, BN-ReLU-Conv 3x3 (DenseNet-B), put after all the maps before (equation 2)."""

    def __init__(self, in_channels, growth):
        super().__init__()
        self.norm1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, 4 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * growth)
        self.conv2 = nn.Conv2d(4 * growth, growth, 3, padding=1, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = torch.relu(self.norm1(x))
        y = torch.relu(self.norm2(self.conv1(y)))
        return torch.cat((x, self.conv2(y)), 1)


class Transition(nn.Sequential):
    """Half the channels (DenseNet-C) and half the size."""

    def __init__(self, in_channels):
        super().__init__()
        self.add_module("norm", nn.BatchNorm2d(in_channels))
        self.add_module("relu", nn.ReLU())
        self.add_module("conv", nn.Conv2d(in_channels, in_channels // 2, 1, bias=False))
        self.add_module("pool", nn.AvgPool2d(2, 2))


class DenseNet121(nn.Module):
    """DenseNet-BC of the given depth."""

    def __init__(self, in_channels=3, num_classes=1000):
        super().__init__()
        self.features = nn.Sequential()
        self.features.add_module("conv0", nn.Conv2d(in_channels, 64, 7, stride=2, padding=3, bias=False))
        self.features.add_module("norm0", nn.BatchNorm2d(64))
        self.features.add_module("relu0", nn.ReLU())
        self.features.add_module("pool0", nn.MaxPool2d(3, 2, padding=1))
        features_denseblock1 = nn.Sequential()
        for i in range(6):
            features_denseblock1.add_module(f"denselayer{i + 1}", DenseLayer(64 + 32 * i, 32))
        self.features.add_module("denseblock1", features_denseblock1)
        self.features.add_module("transition1", Transition(256))
        features_denseblock2 = nn.Sequential()
        for i in range(12):
            features_denseblock2.add_module(f"denselayer{i + 1}", DenseLayer(128 + 32 * i, 32))
        self.features.add_module("denseblock2", features_denseblock2)
        self.features.add_module("transition2", Transition(512))
        features_denseblock3 = nn.Sequential()
        for i in range(24):
            features_denseblock3.add_module(f"denselayer{i + 1}", DenseLayer(256 + 32 * i, 32))
        self.features.add_module("denseblock3", features_denseblock3)
        self.features.add_module("transition3", Transition(1024))
        features_denseblock4 = nn.Sequential()
        for i in range(16):
            features_denseblock4.add_module(f"denselayer{i + 1}", DenseLayer(512 + 32 * i, 32))
        self.features.add_module("denseblock4", features_denseblock4)
        self.features.add_module("norm5", nn.BatchNorm2d(1024))
        self.classifier = nn.Linear(1024, num_classes)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.features(x)
        x = torch.relu(x)
        return self.classifier(torch.mean(x, (2, 3)))


# nn.MaxPool2d pads with minus infinity, which never wins a maximum. Keras pads with
# zeros, which win wherever all the numbers of a window are negative, or with "same",
# which puts the odd place last: one pixel off at an even size. So the Keras twin pads in
# a class of its own, here. It also adds there what a ceil_mode window reaches beyond the
# end.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
