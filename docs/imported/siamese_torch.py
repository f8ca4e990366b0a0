"""Siamese in PyTorch, line for line the twin of its Keras file."""

import torch
from torch import nn


class Chain(nn.Sequential):
    def __init__(self, in_channels):
        steps = [
            nn.Conv2d(in_channels, 4, 1),
            nn.Tanh(),
        ]
        super().__init__(*steps)


class Trunk(nn.Module):
    """A trunk of its own class."""

    def __init__(self, in_channels):
        super().__init__()
        body = [
            nn.Conv2d(in_channels, 4, 3),
            nn.BatchNorm2d(4),
            nn.ReLU(),
        ]
        self.body = nn.Sequential(*body)
        self.out = nn.Conv2d(4, 4, 3, stride=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.body(x)
        return nn.functional.silu(self.out(x))


class Siamese(nn.Module):
    def __init__(self):
        super().__init__()
        self.trunk = Trunk(1)
        self.chain = Chain(4)
        self.layer = nn.Conv2d(4, 4, 1)

    # PyTorch's layers are told how many channels come in, and have their weights at once;
    # Keras's make theirs when they first see a shape.

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = x[:, 0:1]
        z = x[:, 1:2]
        x = x[:, 2:3]
        y = self.trunk(y)
        z = self.trunk(z)
        x = self.trunk(x)
        y = self.chain(y)
        z = self.chain(z)
        y = nn.functional.gelu(self.layer(y * z))
        x = nn.functional.gelu(self.layer(x))
        return y + x


# gelu_exact of the Keras twin is nn.GELU: x * Phi(x). Keras's own rounds its
# constants to float32, and ops.gelu is the tanh approximation unless told
# otherwise.
