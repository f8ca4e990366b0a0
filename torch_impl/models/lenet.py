"""LeNet-5 (1998) in PyTorch, line for line the twin of its Keras file.

LeCun et al. 1998, Gradient-Based Learning Applied to Document Recognition, section II.B, figure 2 and table I.
"""

import torch
from torch import nn


class Subsampling(nn.Module):
    """Sum of each 2x2 window, times one coefficient per map, plus one bias per map, squashed (S2 and S4)."""

    def __init__(self, in_channels):
        super().__init__()
        self.avg_pool = nn.AvgPool2d(2, 2)
        self.scale = ChannelScale(in_channels)
        self.scaled_tanh = ScaledTanh(1.7159, 0.6666666666666666)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.avg_pool(x) * 4.0
        x = self.scale(x)
        return self.scaled_tanh(x)


class PartialConv(nn.Module):
    """5x5 convolution to 16 maps that each read only some of the six maps before (C3, table I)."""

    def __init__(self, in_channels):
        super().__init__()
        self.conv3 = nn.Conv2d(18, 6, 5, groups=6)
        self.conv4 = nn.Conv2d(36, 9, 5, groups=9)
        self.conv6 = nn.Conv2d(in_channels, 1, 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        conv3 = self.conv3(x[:, [0, 1, 2, 1, 2, 3, 2, 3, 4, 3, 4, 5, 0, 4, 5, 0, 1, 5]])
        conv4 = self.conv4(x[:, [int(i) for i in "012312342345034501450125013412450235"]])
        return torch.cat((conv3, conv4, self.conv6(x)), 1)


class LeNet51998(nn.Module):
    """LeNet-5 as printed; the output is the squared distance to each class, so that the smallest one wins."""

    def __init__(self, in_channels=1):
        super().__init__()
        self.c1 = nn.Conv2d(in_channels, 6, 5)
        self.scaled_tanh = ScaledTanh(1.7159, 0.6666666666666666)
        self.s2 = Subsampling(6)
        self.c3 = PartialConv(6)
        self.scaled_tanh_1 = ScaledTanh(1.7159, 0.6666666666666666)
        self.s4 = Subsampling(16)
        self.c5 = nn.Conv2d(16, 120, 5)
        self.scaled_tanh_2 = ScaledTanh(1.7159, 0.6666666666666666)
        self.flatten = nn.Flatten()
        self.f6 = nn.Linear(120, 84)
        self.scaled_tanh_3 = ScaledTanh(1.7159, 0.6666666666666666)
        self.output = RadialBasis(84, 10)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.scaled_tanh(self.c1(x))
        x = self.s2(x)
        x = self.c3(x)
        x = self.scaled_tanh_1(x)
        x = self.s4(x)
        x = self.scaled_tanh_2(self.c5(x))
        x = self.flatten(x)
        x = self.scaled_tanh_3(self.f6(x))
        return self.output(x)


class ChannelScale(nn.Module):
    """x * weight + bias, with one number of each per channel of a map or of a vector."""

    def __init__(self, channels, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shape = (-1, *[1] * (x.dim() - 2))
        y = x * self.weight.reshape(shape)
        return y if self.bias is None else y + self.bias.reshape(shape)


class RadialBasis(nn.Module):
    """Squared distances of a vector from fixed prototypes."""

    def __init__(self, features, classes):
        super().__init__()
        self.register_buffer("prototypes", torch.ones(classes, features))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x[:, None] - self.prototypes).square().sum(2)


class ScaledTanh(nn.Module):
    """amplitude * tanh(slope * x)."""

    def __init__(self, amplitude, slope):
        super().__init__()
        self.amplitude = amplitude
        self.slope = slope

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.amplitude * torch.tanh(self.slope * x)
