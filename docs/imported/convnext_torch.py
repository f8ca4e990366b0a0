"""ConvNeXt in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Last(nn.Module):
    """A block of ConvNeXt (Liu et al. 2022), with channels last."""

    def __init__(self, in_channels):
        super().__init__()
        self.dwconv = nn.Conv2d(in_channels, 4, 7, padding=3, groups=4)
        self.norm = LayerNorm2d(4, eps=1e-6)
        self.pwconv1 = ChannelLinear(4, 16)
        self.pwconv2 = ChannelLinear(16, 4)
        self.gamma = nn.Parameter(torch.ones(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.pwconv1(self.norm(self.dwconv(x)))
        y = nn.functional.gelu(y)
        y = self.pwconv2(y)
        return x + y * self.gamma.reshape(4, 1, 1)


class ConvNeXt(nn.Module):
    def __init__(self, in_channels=3):
        super().__init__()
        self.stem = nn.Conv2d(in_channels, 4, 4, stride=4)
        self.blocks = nn.Sequential(*[Last(4) for _ in range(2)])
        self.norm = nn.LayerNorm(4)
        self.head = nn.Linear(4, 3)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        x = self.blocks(x)
        return self.head(self.norm(torch.mean(x, (2, 3))))


class ChannelLinear(nn.Linear):
    """A fully connected layer over the channels at each place of a map, which are moved to the last axis for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


# gelu_exact of the Keras twin is nn.GELU: x * Phi(x). Keras's own rounds its
# constants to float32, and ops.gelu is the tanh approximation unless told
# otherwise.


class LayerNorm2d(nn.LayerNorm):
    """Layer normalisation of the channels at each place of a map, which are moved to the last axis for it."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
