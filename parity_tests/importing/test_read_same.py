"""Pools and convolutions with borders that code computes as TensorFlow's SAME, as NASNet has them in PyTorch."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from reading import held
from torch import Tensor, nn
from torch.nn import functional

from diptych.common.importing.imported import Imported

SIZES = ((40, 36), (49, 58))


def same(x: Tensor, kernel: int, stride: int, value: float = 0.0) -> Tensor:
    """SAME of TensorFlow, which depends on the size."""
    height, width = (max((math.ceil(n / stride) - 1) * stride + kernel - n, 0) for n in x.shape[2:])
    around = (width // 2, width - width // 2, height // 2, height - height // 2)
    return functional.pad(x, around, value=value)


class Mean(nn.Module):
    """A mean that counts the zeros of its border: to PyTorch they are a part of the map."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        x = same(x, self.kernel, self.stride)
        return functional.avg_pool2d(x, self.kernel, self.stride, 0, False, False)


class Most(Mean):
    def forward(self, x: Tensor) -> Tensor:
        x = same(x, self.kernel, self.stride, -math.inf)
        return functional.max_pool2d(x, self.kernel, self.stride)


class Separable(nn.Module):
    def __init__(self, channels: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.depth = nn.Conv2d(channels, channels, kernel, stride, groups=channels, bias=False)
        self.point, self.bn = nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.bn(self.point(self.depth(same(torch.relu(x), self.kernel, self.stride))))
        return found


class Cell(nn.Module):
    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.left, self.right = Separable(channels, 5, stride), Separable(channels, 3, stride)
        self.mean, self.most, self.flat = Mean(3, stride), Most(3, stride), Mean(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        y, z = self.left(x) + self.right(x), self.mean(x) + self.most(x)
        return torch.cat([y, z, self.flat(y) + z], 1)


class Shifted(nn.Module):
    """Half the rows and columns, beside the other half."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = nn.AvgPool2d(1, stride=2, count_include_pad=False)
        self.one = nn.Sequential(half, nn.Conv2d(channels, 4, 1, bias=False))
        self.two = nn.Sequential(nn.ZeroPad2d((-1, 1, -1, 1)), half, nn.Conv2d(channels, 4, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.one(x), self.two(x)], 1)


class Nasnet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.shifted, self.cell = nn.Conv2d(3, 4, 3, 2, bias=False), Shifted(4), Cell(8, 2)
        self.head = nn.Linear(24, 5)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.head(torch.relu(self.cell(self.shifted(self.stem(x)))).mean((2, 3)))
        return found


def ops(result: Imported, kind: str) -> list[Any]:
    return [node.op for node in result.net.nodes if node.kind == kind]


@pytest.mark.parametrize("stride", [1, 2])
def test_a_mean_that_counts_its_border(stride: int) -> None:
    result = held(nn.Sequential(nn.Conv2d(3, 4, 1), Mean(3, stride)), sizes=SIZES, keras=stride == 2)
    (pool,) = ops(result, "avg_pool")
    assert (pool.pads, pool.count_include_pad) == ("same" if stride == 2 else (1, 1, 1, 1), True)


def test_a_network_of_cells() -> None:
    result = held(Nasnet(), sizes=SIZES)
    kinds = [node.kind for node in result.net.nodes]
    assert (kinds.count("avg_pool"), kinds.count("max_pool")) == (4, 1)
    assert [op.pads for op in ops(result, "pad")] == [(0, 1, 0, 1)]
