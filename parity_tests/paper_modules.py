"""Networks of papers, as their authors and others write them, a few channels wide."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """CBAM (Woo et al. 2018): the channels, then the places."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(channels, 2), nn.ReLU(), nn.Linear(2, channels))
        self.spatial = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x: Tensor) -> Any:
        mean = self.mlp(F.adaptive_avg_pool2d(x, 1).flatten(1))
        most = self.mlp(torch.amax(x, dim=(2, 3)))
        x = x * torch.sigmoid(mean + most)[:, :, None, None]
        places = torch.cat([x.mean(1, keepdim=True), x.max(1, keepdim=True)[0]], dim=1)
        return x * self.spatial(places).sigmoid()


class CBAM(nn.Module):
    """Two blocks with attention and group normalisation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2)
        self.norm = nn.GroupNorm(3, 6)
        self.blocks = nn.Sequential(Attention(6), Attention(6))
        self.slope = nn.PReLU(6)

    def forward(self, x: Tensor) -> Any:
        return self.slope(self.blocks(F.softplus(self.norm(self.stem(x)))))


class Generator(nn.Module):
    """Of DCGAN (Radford et al. 2015), from a few channels, with another kind of normalisation, and larger by pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.main = nn.Sequential(
            *(nn.ConvTranspose2d(3, 8, 4, 1, 0, bias=False), nn.BatchNorm2d(8), nn.ReLU(True)),
            *(nn.ConvTranspose2d(8, 8, 4, 2, 1, bias=False), nn.InstanceNorm2d(8, affine=True), nn.ELU()),
            *(nn.ReflectionPad2d(1), nn.Conv2d(8, 8, 3), nn.PixelShuffle(2), nn.Tanh()),
        )

    def forward(self, x: Tensor) -> Any:
        return F.interpolate(self.main(x)[:, :, 1:-2, 3:], scale_factor=2, mode="bicubic")


class Last(nn.Module):
    """A block of ConvNeXt (Liu et al. 2022), with channels last."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.pwconv1, self.pwconv2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Any:
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class ConvNeXt(nn.Module):
    """Two blocks, and a norm of a vector."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 4, stride=4)
        self.blocks = nn.Sequential(Last(4), Last(4))
        self.norm, self.head = nn.LayerNorm(4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Any:
        return self.head(self.norm(self.blocks(self.stem(x)).mean([-2, -1])))


class Weighted(nn.Module):
    """Channels by their neighbours (ECA), places by weights (global context), and groups that are selected (SK)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3)
        self.near = nn.Conv1d(1, 1, 3, padding=1, bias=False)
        self.mask, self.add = nn.Conv2d(6, 1, 1), nn.Conv2d(6, 6, 1)
        self.choose = nn.Conv2d(3, 6, 1, bias=False)

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        n, c, h, w = x.shape
        gate = torch.sigmoid(self.near(x.mean((2, 3)).view(n, 1, -1))).view(n, c, 1, 1)
        x = x * gate.expand_as(x)
        mask = self.mask(x).reshape(n, 1, h * w).softmax(-1).unsqueeze(3)
        context = torch.matmul(x.reshape(n, c, h * w).unsqueeze(1), mask)
        x = x + self.add(context.view(n, c, 1, 1))
        pair = x.view(n, 2, c // 2, h, w)
        shares = self.choose(pair.sum(1).mean((2, 3), keepdim=True)).view(n, 2, c // 2, 1, 1)
        return x * F.softmax(shares, dim=1).view(n, c, 1, 1)


class ByHand(nn.Module):
    """Normalisations that are written out, after a convolution with a stride and a dilation."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, stride=2, padding=2, dilation=2)
        self.weight, self.bias = nn.Parameter(torch.ones(6)), nn.Parameter(torch.zeros(6))
        self.slope = nn.Parameter(torch.ones(1, 6, 1, 1))
        self.head = nn.Linear(6, 3)

    def responses(self, x: Tensor) -> Tensor:
        """Global response normalisation (Woo et al. 2023, section 3.2), channels last."""
        size = x.norm(p=2, dim=(1, 2), keepdim=True)
        share = size / (size.mean(dim=-1, keepdim=True) + 1e-6)
        return x + torch.addcmul(self.bias.view(1, 1, 1, -1), self.weight.view(1, 1, 1, -1), x * share)

    def evolved(self, x: Tensor) -> Tensor:
        """EvoNorm-S0 (Liu et al. 2020, table 2), by groups of two channels."""
        groups = x.reshape(len(x), 3, 2, *x.shape[2:])
        deviation = groups.var(dim=(2, 3, 4), unbiased=False, keepdim=True).add(1e-5).sqrt()
        deviation = deviation.expand(groups.shape).reshape(x.shape)
        return x * (x * self.slope).sigmoid() / deviation

    def forward(self, x: Tensor) -> Any:
        x = self.stem(x)
        x = x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6) * self.weight.reshape(1, -1, 1, 1)
        x = self.evolved(self.responses(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2))
        x = x / x.std(dim=(2, 3), unbiased=False, keepdim=True) + 1 / (2 + x * x)
        x = x.mean((2, 3), keepdim=True).permute(0, 2, 3, 1)
        return self.head(x * torch.rsqrt(x.var(dim=-1, keepdim=True) + 1e-6) * self.bias)
