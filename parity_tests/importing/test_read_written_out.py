"""Response norms, GELUs and shortcuts that code writes out are the ops that they mean, in either framework."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import torch
from keras import layers, ops
from torch import Tensor, nn

import diptych
from diptych.common import reference
from diptych.common.op import Op
from diptych.common.ops.channel_gather import ChannelGather
from diptych.common.ops.channel_pad import ChannelPad
from diptych.common.ops.gelu import Gelu
from diptych.common.ops.local_response_norm import LocalResponseNorm

SIZE = (9, 7)
NORM = LocalResponseNorm(5, 0.01, 0.75, 2.0)


class Made(nn.Module):
    """A convolution, and then a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(3, 6, 3), function

    def forward(self, x: Tensor) -> Any:
        return self.function(self.conv(x))


def _by_hand(x: Tensor) -> Any:
    return x * (2 + 0.002 * _window(x, (0, 1, 2, 3, 4))) ** -0.75


def _wide(x: Tensor) -> Tensor:
    return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 1, 2))


TORCH: dict[str, tuple[Callable[[Tensor], Any], Op]] = {
    "response norm": (nn.LocalResponseNorm(5, 0.01, 0.75, 2.0), NORM),
    "response norm by hand": (_by_hand, NORM),
    "GELU": (lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))), Gelu()),
    "GELU, halved last": (lambda x: x * (1 + torch.erf(x * 0.5**0.5)) / 2, Gelu()),
    "GELU by tanh": (
        lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
        Gelu(approximate=True),
    ),
    "shortcut of option A": (_wide, ChannelPad(1, 2)),
    "channels backwards": (lambda x: x.flip(1), ChannelGather((5, 4, 3, 2, 1, 0))),
}


def _close(net: Any, weights: Any, x: Tensor, module: nn.Module) -> None:
    (value,) = reference.outputs(net, weights, x.numpy())
    np.testing.assert_allclose(value, module(x).numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", TORCH)
def test_pytorch(name: str) -> None:
    function, op = TORCH[name]
    module = Made(function).double().eval()
    net, weights = diptych.read(module, torch.zeros(1, 3, *SIZE))
    assert [node.op for node in net.nodes if type(node.op) is type(op)] == [op]
    x = torch.randn(2, 3, *SIZE, dtype=torch.float64)
    with torch.no_grad():
        _close(net, weights, x, module)


def _sum_of_slices(x: Any) -> Any:
    squares = ops.pad(ops.square(x), ((0, 0), (0, 0), (0, 0), (2, 2)))
    total = sum(squares[..., place : place + 6] for place in range(5))
    return x / ops.power(2.0 + 0.002 * total, 0.75)


KERAS: dict[str, tuple[Callable[[Any], Any], Op]] = {
    "response norm by hand": (_sum_of_slices, NORM),
    "GELU": (lambda x: 0.5 * x * (1 + ops.erf(x / 2**0.5)), Gelu()),
    "GELU by tanh": (
        lambda x: 0.5 * x * (1 + ops.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x))),
        Gelu(approximate=True),
    ),
    "shortcut of option A": (
        lambda x: ops.pad(x[:, ::2, ::2], ((0, 0), (0, 0), (0, 0), (1, 2))),
        ChannelPad(1, 2),
    ),
}


@pytest.mark.parametrize("name", KERAS)
def test_keras(name: str) -> None:
    function, op = KERAS[name]
    image = keras.Input((*SIZE, 3), dtype="float64")
    model = keras.Model(image, function(layers.Conv2D(6, 3, dtype="float64")(image)))
    net, weights = diptych.read(model)
    assert [node.op for node in net.nodes if type(node.op) is type(op)] == [op]
    x = np.random.default_rng(0).standard_normal((2, *SIZE, 3))
    answer = np.asarray(model(x)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(
        reference.outputs(net, weights, x.transpose(0, 3, 1, 2))[0], answer, rtol=1e-12, atol=1e-14
    )


def _window(x: Tensor, places: tuple[int, ...]) -> Any:
    squares = nn.functional.pad(x * x, (0, 0, 0, 0, 2, 2))
    return sum(squares[:, place : place + 6] for place in places)


NEARLY: dict[str, Callable[[Tensor], Any]] = {
    "another constant": lambda x: 0.5 * x * (1 + torch.tanh(0.79 * (x + 0.044715 * x**3))),
    "another factor": lambda x: 0.4 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "of another value": lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3 + 1))),
    "a window that is cut": lambda x: x / (2 + _window(x, (0, 1, 2, 4))) ** 0.5,
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_nearly_one_is_none(name: str) -> None:
    module = Made(NEARLY[name]).double().eval()
    net, weights = diptych.read(module, torch.zeros(1, 3, *SIZE))
    assert not any(isinstance(node.op, (Gelu, LocalResponseNorm)) for node in net.nodes)
    x = torch.randn(2, 3, *SIZE, dtype=torch.float64)
    with torch.no_grad():
        _close(net, weights, x, module)


def test_the_error_function_by_itself_is_refused() -> None:
    with pytest.raises(diptych.DiptychError, match=r"erf \(once"):
        diptych.read(Made(torch.erf).eval(), torch.zeros(1, 3, *SIZE))
