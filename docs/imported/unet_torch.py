"""UNet in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Up(nn.Module):
    """To the size of the map that it is joined with."""

    def __init__(self, in_channels, y_channels):
        super().__init__()
        conv = [
            nn.Conv2d(y_channels + in_channels, in_channels // 2, 3, padding=1, bias=False),
            nn.BatchNorm2d(in_channels // 2),
            nn.ReLU(),
            nn.Conv2d(in_channels // 2, in_channels // 2, 3, padding=1, bias=False),
            nn.BatchNorm2d(in_channels // 2),
            nn.ReLU(),
        ]
        self.conv = nn.Sequential(*conv)

    def forward(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        y = torch.cat((y, nn.functional.interpolate(x, size=y.shape[2:], mode="bilinear", align_corners=True)), 1)
        return self.conv(y)


class UNet(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        inc = [
            nn.Conv2d(in_channels, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
            nn.Conv2d(4, 4, 3, padding=1, bias=False),
            nn.BatchNorm2d(4),
            nn.ReLU(),
        ]
        self.inc = nn.Sequential(*inc)
        self.max_pool = nn.MaxPool2d(2, 2)
        self.downs = nn.ModuleList()
        downs_0 = [
            nn.Conv2d(4, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1, bias=False),
            nn.BatchNorm2d(8),
            nn.ReLU(),
        ]
        downs_0 = nn.Sequential(*downs_0)
        self.downs.append(downs_0)
        downs_1 = [
            nn.Conv2d(8, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 16, 3, padding=1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
        ]
        downs_1 = nn.Sequential(*downs_1)
        self.downs.append(downs_1)
        self.max_pool_1 = nn.MaxPool2d(2, 2)
        self.ups = nn.ModuleList([Up(16, 8), Up(8, 4)])
        self.outc = nn.Conv2d(4, 2, 1)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.inc(x)
        y = self.max_pool(x)
        y = self.downs[0](y)
        z = self.max_pool_1(y)
        z = self.downs[1](z)
        z = self.ups[0](z, y)
        z = self.ups[1](z, x)
        return self.outc(z)


# `bilinear_resize_like` of the Keras twin is nn.functional.interpolate with
# mode="bilinear" and the size of the other map: pixel i of n reads the m
# pixels of a row at the place
#
#     (i + 0.5) * m / n - 0.5            held between 0 and m - 1
#     i * (m - 1) / (n - 1)              with align_corners=True
#
# and mixes the pixel before that place with the one after it. TensorFlow
# knows the first rule only, and computes it in float32 whatever the dtype.
# So the twin writes both rules out, for the rows first and for the columns
# after them.
