"""Rows and columns that code leaves out or repeats: read from PyTorch bit by bit, and from the ONNX files of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from onnx_graphs import exported
from reading import TOLERANCE, built, difference, held, images_of, outputs, scramble
from torch import Tensor, nn

import diptych

pytestmark = pytest.mark.filterwarnings("ignore")  # PyTorch's exporter warns of itself


def focus(x: Tensor) -> Tensor:
    return torch.cat([x[..., ::2, ::2], x[..., 1::2, ::2], x[..., ::2, 1::2], x[..., 1::2, 1::2]], 1)


def by_rows(x: Tensor) -> Tensor:
    return torch.cat([x[..., i::3, j::3] for i in range(3) for j in range(3)], 1)


def mixed(x: Tensor) -> Tensor:
    return torch.cat([x[..., 1::2, ::2], x[..., ::2, ::2], x[..., ::2, 1::2]], 1)


def reduced(x: Tensor) -> Tensor:
    return torch.relu(x[:, :, 1:, 1:])[:, :, ::2, ::3] + 1


def thinned(x: Tensor) -> Tensor:
    return x[:, :, 2:-1:2][:, :, ::2, 1:]


def repeated(x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    return x[:, :, :, None, :, None].expand(n, c, h, 2, w, 2).reshape(n, c, 2 * h, 2 * w)


def last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)[:, ::2, 1:-1:2, :2].permute(0, 3, 1, 2)


FUNCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], list[str]]] = {
    "focus": (focus, ["space_to_depth"]),
    "squares by rows": (by_rows, ["space_to_depth"]),
    "squares in another order": (mixed, ["crop", "max_pool", "max_pool", "crop", "max_pool", "concat"]),
    "a shortcut at half the size": (reduced, ["crop", "relu", "max_pool", "rescale"]),
    "one after the other": (thinned, ["crop", "max_pool", "crop", "max_pool"]),
    "repeated": (repeated, ["resize"]),
    "channels last": (last, ["crop", "max_pool", "channel_slice"]),
}
SIZES = ((12, 18), (24, 30))


class Between(nn.Module):
    """A function between two convolutions."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.stem, self.head = nn.Conv2d(3, 4, 1), nn.LazyConv2d(2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.head(FUNCTIONS[self.name][0](self.stem(x)))
        return found


def made(name: str) -> nn.Module:
    model = Between(name).double().eval()
    model(torch.zeros(1, 3, *SIZES[0], dtype=torch.float64))  # the head takes as many channels as there are
    return model


@pytest.mark.parametrize("name", FUNCTIONS)
def test_from_pytorch(name: str) -> None:
    result = held(made(name), sizes=SIZES)
    assert [node.kind for node in result.net.nodes[2:-1]] == FUNCTIONS[name][1]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_from_onnx(name: str, tmp_path: Path) -> None:
    model = made(name)
    scramble(model)
    path = exported(model, tmp_path / "model.onnx", 17, SIZES[0])
    result = diptych.read(path, np.zeros((1, 3, *SIZES[1])))
    images = images_of(result.net)
    assert difference(built(result, "torch", images), outputs(model, images)) < TOLERANCE
    assert [node.kind for node in result.net.nodes[2:-1]] == FUNCTIONS[name][1]
