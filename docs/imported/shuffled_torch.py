"""Shuffled in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Shuffled(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 8, 3, padding=1)
        branch = [
            nn.Conv2d(4, 4, 1),
            nn.ReLU6(),
        ]
        self.branch = nn.Sequential(*branch)
        self.channel_shuffle = nn.ChannelShuffle(2)
        self.last = nn.Conv2d(8, 4, 1, groups=2)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv(x)
        y = x[:, 0:4]
        x = x[:, 4:8]
        x = self.branch(x)
        x = self.channel_shuffle(torch.cat((y, x), 1))[:, [7, 1, 2, 3, 4, 5, 6, 0]]
        x = self.last(x)
        y = x[:, 0:1]
        return torch.cat((x[:, 1:4][:, [0, 2]], y), 1)


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
