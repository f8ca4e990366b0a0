"""Axes that are equally long are told by what they are: each model is read exactly, or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import random_views
import torch
from reading import outputs, scramble
from torch import Tensor, nn
from torch.nn import functional as F

import diptych
from diptych.common import reference
from diptych.common.importing.imported import Imported

LAST = "channels come last"


class Made(nn.Module):
    """A layer, or none, and a function of both it and the image."""

    def __init__(self, function: Callable[..., Tensor], layer: nn.Module | None = None) -> None:
        super().__init__()
        self.function, self.layer = function, layer

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.layer) if self.layer is not None else self.function(x)


def held(model: nn.Module, shape: tuple[int, ...], result: Imported) -> None:
    """Hold the meaning of a Net to the module, for batches of two and of three."""
    for batch in (2, 3):
        images = np.random.default_rng(batch).standard_normal((batch, *shape))
        (found,), (wanted,) = reference.outputs(result.net, result.weights, images), outputs(model, images)
        np.testing.assert_allclose(found.reshape(wanted.shape), wanted, rtol=1e-9, atol=1e-9)


def last(x: Tensor) -> Tensor:
    return x.permute(0, 2, 3, 1)


def first(x: Tensor) -> Tensor:
    return x.permute(0, 3, 1, 2)


def squares(x: Tensor, block: int, *order: int) -> Tensor:
    n, c, h, w = x.shape
    seen = x.view(n, c, h // block, block, w // block, block).permute(*order)
    return seen.reshape(n, c * block * block, h // block, w // block)


REFUSED: dict[str, tuple[Callable[[], nn.Module], str]] = {
    "convolution": (lambda: Made(lambda x, f: f(last(x)).mean((2, 3)), nn.Conv2d(8, 8, 3)), LAST),
    "batch norm": (lambda: Made(lambda x, f: first(f(last(x))), nn.BatchNorm2d(8)), LAST),
    "group norm": (lambda: Made(lambda x, f: first(f(last(x))), nn.GroupNorm(2, 8)), LAST),
    "PReLU": (lambda: Made(lambda x, f: first(f(last(x))), nn.PReLU(8)), LAST),
    "pool": (lambda: Made(lambda x: first(F.max_pool2d(last(x), 3, 1, 1))), LAST),
    "resize": (lambda: Made(lambda x: first(F.interpolate(last(x), scale_factor=2))), LAST),
    "output": (lambda: Made(lambda x: last(x.tanh())), "leave the permutation"),
    "sum": (lambda: Made(lambda x: x + last(x)), "add: "),
    "height and width": (lambda: Made(lambda x, f: f(x.transpose(2, 3)), nn.Conv2d(8, 8, 1)), "exchanged"),
    "turned twice": (lambda: Made(lambda x, f: f(last(last(x))), nn.Conv2d(8, 8, 1)), "conv2d: "),
    "a mask": (lambda: Made(lambda x: x[:, torch.ones(8, dtype=torch.bool)]), "index: by a mask"),
    "a product of rows": (lambda: Made(lambda x: x.mean((2, 3)) @ x.mean((2, 3)).t()), "matmul: "),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_layer_of_other_axes_is_refused(name: str) -> None:
    make, said = REFUSED[name]
    model = make().double().eval()
    with pytest.raises(diptych.DiptychError, match=said):
        diptych.read(model, torch.zeros(1, 8, 8, 8), one_size=True)


EXACT: dict[str, Callable[[], nn.Module]] = {
    "layer norm, last": lambda: Made(lambda x, f: first(f(last(x))), nn.LayerNorm(8)),
    "linear, last": lambda: Made(lambda x, f: first(f(last(x))), nn.Linear(8, 8)),
    "turned and back": lambda: Made(lambda x, f: f(x.transpose(2, 3).tanh().transpose(2, 3)), nn.Conv2d(8, 8, 3)),
    "mean of turned": lambda: Made(lambda x, f: f(x.transpose(2, 3).mean((2, 3))), nn.Linear(8, 4)),
    "two squares": lambda: Made(lambda x: 2 * squares(x, 2, 0, 1, 3, 5, 2, 4) + squares(x, 2, 0, 3, 5, 1, 2, 4)),
    "squares, flattened": lambda: Made(
        lambda x, f: f(x.flatten(1)).unsqueeze(-1).unsqueeze(-1) + squares(x, 2, 0, 1, 3, 5, 2, 4), nn.Linear(512, 32)
    ),
}


@pytest.mark.parametrize("name", EXACT)
def test_views_of_equal_axes_are_exact(name: str) -> None:
    model = EXACT[name]().double().eval()
    scramble(model)
    held(model, (8, 8, 8), diptych.read(model, torch.zeros(1, 8, 8, 8), one_size=True))


@pytest.mark.parametrize("one_size", [True, False])
@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda x: x.tanh() * x.shape[0], "another network for 3 images"),
        (lambda x: x.tanh() if x.shape[0] == 2 else x, "another network for 3 images"),
        (lambda x: x.tanh().reshape(2, -1, 8, 8), "batches of 2 alone"),
        (lambda x: x.tanh().reshape(2, len(x), 8, 8), "batches of 2 alone"),
    ],
)
def test_a_model_of_one_batch_is_refused(function: Any, said: str, one_size: bool) -> None:
    with pytest.raises(diptych.DiptychError, match=said):
        diptych.read(Made(function), torch.zeros(1, 2, 8, 8), one_size=one_size)


def test_an_output_of_one_place_may_have_its_channels_last() -> None:
    model = Made(lambda x, f: last(f(x).mean((2, 3), keepdim=True)), nn.Conv2d(8, 8, 3)).double().eval()
    result = diptych.read(model, torch.zeros(1, 8, 8, 8))
    held(model, (8, 8, 8), result)
    assert any("(N, 1, 1, C) in the module" in note for note in result.notes)


def tried(seeds: range) -> Counter[str]:
    """How many random modules were exact, and refused; anything else fails."""
    found = Counter[str]()
    for seed in seeds:
        model, shape = random_views.random_module(seed)
        try:
            result = diptych.read(model, torch.zeros(1, *shape), one_size=True)
        except diptych.DiptychError:
            found["refused"] += 1
            continue
        held(model, shape, result)
        found["exact"] += 1
    return found


@pytest.mark.parametrize(("seeds", "least"), [(range(20), 1), pytest.param(range(20, 300), 15, marks=pytest.mark.slow)])
def test_random_views_are_exact_or_refused(seeds: range, least: int) -> None:
    found = tried(seeds)
    assert min(found["exact"], found["refused"]) > least


KERAS: dict[str, tuple[Any, ...]] = {
    "turned": (keras.layers.Permute((2, 3, 1)), keras.layers.Activation("tanh")),
    "turned, pool": (keras.layers.Permute((2, 3, 1)), keras.layers.MaxPooling2D()),
    "turned, mean": (keras.layers.Permute((3, 1, 2)), keras.layers.GlobalAveragePooling2D()),
    "turned, convolution": (keras.layers.Permute((2, 3, 1)), keras.layers.Conv2D(6, 1)),
    "exchanged": (keras.layers.Permute((2, 1, 3)), keras.layers.BatchNormalization()),
}


@pytest.mark.parametrize("name", KERAS)
@pytest.mark.parametrize("shape", [(6, 6, 6), (6, 4, 2)])
def test_a_keras_layer_of_other_axes_is_refused(name: str, shape: tuple[int, int, int]) -> None:
    turned, layer = (type(one).from_config(one.get_config()) for one in KERAS[name])
    with pytest.raises(diptych.DiptychError, match=type(layer).__name__ if name != "turned" else "output"):
        diptych.read(keras.Sequential([keras.Input(shape), turned, layer]))
