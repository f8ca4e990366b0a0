"""Global response normalisation."""

import torch
from torch import nn


class GlobalResponseNorm(nn.Module):
    """x + bias + weight * x * n, with n the size of each channel over all places, divided by the mean of the sizes."""

    def __init__(self, channels, eps=1e-6):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return global_response_norm(x, self.weight, self.bias, self.eps)


def global_response_norm(x, weight, bias, eps):
    """The same, with the weights given."""
    size = x.norm(p=2, dim=(2, 3), keepdim=True)
    share = size / (size.mean(dim=1, keepdim=True) + eps)
    return x + torch.addcmul(bias[:, None, None], weight[:, None, None], x * share)
