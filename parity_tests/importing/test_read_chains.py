"""A block in a chain takes the one value that the chain gives it, however many its class takes elsewhere."""

from __future__ import annotations

from typing import Any

import torch
from reading import held
from torch import nn


class Part(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> Any:
        found = torch.relu(self.conv(x))
        return found if y is None else found + y


class Chained(nn.Module):
    """One value in a chain, two outside of it."""

    def __init__(self) -> None:
        super().__init__()
        self.chain, self.last = nn.Sequential(Part(), Part()), Part()

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(self.chain(x), x)


def test_a_class_that_takes_another_number_of_values_in_a_chain() -> None:
    held(Chained(), keras=False)
