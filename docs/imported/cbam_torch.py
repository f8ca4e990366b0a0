"""CBAM in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Mlp(nn.Sequential):
    def __init__(self, in_channels):
        steps = [
            ChannelLinear(in_channels, 2),
            nn.ReLU(),
            ChannelLinear(2, 6),
        ]
        super().__init__(*steps)


class Attention(nn.Module):
    """CBAM (Woo et al. 2018): the channels, then the places."""

    def __init__(self, in_channels):
        super().__init__()
        self.adaptive_avg_pool = nn.AdaptiveAvgPool2d(1)
        self.mlp = Mlp(in_channels)
        self.max = nn.AdaptiveMaxPool2d(1)
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.adaptive_avg_pool(x)
        y = self.mlp(y)
        z = self.max(x)
        z = self.mlp(z)
        y = torch.sigmoid(y + z)
        x = x * y
        y = torch.mean(x, 1, keepdim=True)
        y = self.spatial(torch.cat((y, torch.amax(x, 1, keepdim=True)), 1))
        y = torch.sigmoid(y)
        return x * y


class CBAM(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 6, 3, stride=2)
        self.norm = nn.GroupNorm(3, 6)
        self.blocks = nn.Sequential(*[Attention(6) for _ in range(2)])
        self.slope = nn.PReLU(6)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.softplus(self.norm(self.stem(x)), 1.0, 20.0)
        x = self.blocks(x)
        return self.slope(x)


# AdaptiveMax of the Keras twin is nn.AdaptiveMaxPool2d: output i of n is the maximum of the rows
#
#     i * m // n ... ceil((i + 1) * m / n) - 1
#
# of m, and columns likewise. From 5 rows to 3 these are rows 0 and 1, rows 1 to 3, and rows 3 and
# 4: where n does not divide m, neighbouring windows overlap, and differ in size. The maximum of a
# window is that of the maxima of its rows, so that the twin takes the rows first and the columns
# after them, window by window.
#
#
#
#
#
#


class ChannelLinear(nn.Linear):
    """A fully connected layer over the channels at each place of a map, which are moved to the last axis for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# softplus of the Keras twin is nn.Softplus: above the threshold, 20, it hands
# numbers on as they are, which is 2e-9 off. Keras's own knows neither a
# threshold nor a beta.
