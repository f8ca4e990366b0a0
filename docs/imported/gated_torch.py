"""Gated in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Gate(nn.Module):
    """Squeeze and excitation, by linear layers or by convolutions."""

    def __init__(self, in_channels):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        fc = [
            ChannelLinear(in_channels, 2),
            nn.ReLU(),
            ChannelLinear(2, 6),
            nn.Sigmoid(),
        ]
        self.fc = nn.Sequential(*fc)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.pool(x)
        y = self.fc(y)
        return x * y


class Gated(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 6, 3, stride=2, padding=1)
        self.gates = nn.Sequential(*[Gate(6) for _ in range(2)])
        self.head = nn.Linear(6, 5)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.leaky_relu(self.stem(x), 0.2)
        x = self.gates(x)
        return self.head(torch.mean(x, (2, 3)))


class ChannelLinear(nn.Linear):
    """A fully connected layer over the channels at each place of a map, which are moved to the last axis for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# leaky_relu of the Keras twin is nn.LeakyReLU: slope * x below zero. Keras's
# own rounds the slope to float32, and its default is 0.3 where PyTorch's is
# 0.01.


# `padded` of the Keras twin is the `padding` of nn.Conv2d and nn.AvgPool2d: as many zeros on either side. The
# "same" of Keras puts the odd one last: at stride 2 and an even size its windows stand one pixel further down and
# right.
