"""Layers that take all values before them, as DenseNet's do: one class, however many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from reading import held
from torch import Tensor, nn

import diptych


class Layer(nn.Module):
    """It takes a list, and answers with what is new."""

    def __init__(self, inside: int, growth: int) -> None:
        super().__init__()
        self.norm, self.conv = nn.BatchNorm2d(inside), nn.Conv2d(inside, growth, 3, padding=1, bias=False)

    def forward(self, values: list[Tensor]) -> Tensor:
        found: Tensor = self.conv(torch.relu(self.norm(torch.cat(values, 1))))
        return found


class Block(nn.Module):
    def __init__(self, inside: int, growth: int, count: int) -> None:
        super().__init__()
        for place in range(count):
            self.add_module(f"layer{place + 1}", Layer(inside + place * growth, growth))

    def forward(self, x: Tensor) -> Tensor:
        values = [x]
        for layer in self.children():
            values.append(layer(values))
        return torch.cat(values, 1)


class Chained(nn.Module):
    """Layers that are chains, to which nothing can be added: the block concatenates."""

    def __init__(self, inside: int, growth: int, count: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inside + place * growth, growth, 1), nn.ReLU()) for place in range(count)
        )

    def forward(self, x: Tensor) -> Tensor:
        values = [x]
        for layer in self.layers:
            values.append(layer(torch.cat(values, 1)))
        return torch.cat(values, 1)


class Nested(nn.Module):
    """As in UNet++: what is concatenated grows, but its last value is another each time."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(n, 4, 3, padding=1) for n in (3, 7, 11))

    def forward(self, x: Tensor) -> Tensor:
        y = self.a(x)
        z = self.b(torch.cat([x, torch.tanh(y)], 1))
        found: Tensor = self.c(torch.cat([x, torch.relu(y), z], 1))
        return found


def dense(block: Callable[[int, int, int], nn.Module]) -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 6, 3), block(6, 4, 3), nn.Conv2d(18, 5, 1), block(5, 4, 4), block(21, 2, 5))


CASES: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "layers take lists": (lambda: dense(Block), 2),
    "layers are chains": (lambda: dense(Chained), 4),
}
"""A network, and the classes in its source: of the network, of a layer, of blocks of each length."""


@pytest.mark.parametrize("name", CASES)
def test_layers_are_of_one_class(name: str) -> None:
    make, classes = CASES[name]
    result = held(make())
    source = str(diptych.source(result.net, "torch"))
    assert source.count("\nclass ") == classes
    assert all(len(node.inputs) == 2 for node in result.net.nodes if node.kind == "concat")
    assert "xs[" not in source


def test_blocks_of_several_lengths_are_loops() -> None:
    source = str(diptych.source(diptych.read(dense(Block), torch.zeros(1, 3, 16, 12)).net, "torch"))
    assert source.count("for i in range(") == 3
    assert "class Block" not in source


def test_what_grows_otherwise_is_left() -> None:
    result: Any = held(Nested(), exact=True)
    assert [len(node.inputs) for node in result.net.nodes if node.kind == "concat"] == [2, 3]
