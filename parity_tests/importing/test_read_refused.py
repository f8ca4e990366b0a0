"""What is no network here is refused, with everything that stands in the way, or read wrong by nobody."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import their_modules as modules
import torch
from torch import Tensor, nn

import diptych

IMAGES = torch.zeros(1, 3, 24, 20)


class Made(nn.Module):
    """A convolution, and then a function."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(3, 4, 3), function

    def forward(self, x: Tensor) -> Any:
        return self.function(self.conv(x))


class Straight(torch.autograd.Function):
    """A sign with a gradient of its own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.sign()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return gradient


def written_in_two_ways(x: Tensor) -> Tensor:
    part = x[:, :2]
    x.relu_()
    return part + 1


def written_through_a_view(x: Tensor) -> Tensor:
    x.view(x.shape[0], -1).relu_()
    return x * 2


def of_two_sizes(x: Tensor) -> Tensor:
    return x * x.shape[2]


def that_fails(x: Tensor) -> Tensor:
    raise ValueError


def of_another_layer(x: Tensor) -> Tensor:
    return torch.tanh(x) if x.shape[2] > 30 else torch.sigmoid(x)


FUNCTIONS: dict[str, tuple[Callable[..., Any], str]] = {
    "several unknown": (lambda x: (x.sinh() + x.sinh()).cosh(), r"sinh \(2 times.*cosh \(once"),
    "branches": (lambda x: x if x.sum() > 0 else -x, "decides by the numbers"),
    "gradients of its own": (Straight.apply, "gradients of its own.*Straight"),
    "written, seen in another way": (written_in_two_ways, "writes into a value that is seen in another way"),
    "written through a view": (written_through_a_view, "writes into a value that is seen in another way"),
    "a number that is a size": (of_two_sizes, "not the same network.*factor.*one_size"),
    "another layer at another size": (of_another_layer, "not the same network.*one_size"),
    "the batch mixed": (lambda x: x.reshape(4, 2, *x.shape[2:]), "images mixed"),
    "a variance of rows": (
        lambda x: x / x.var(2, unbiased=False, keepdim=True),
        "var: the variance over H of a value of 4 axes",
    ),
    "a variance of a sample of places": (lambda x: x / x.var((2, 3), keepdim=True), "var: over places, of a sample"),
    "another norm": (lambda x: x / x.norm(p=1, dim=1, keepdim=True), "of the order 1"),
    "a power that is computed": (lambda x: x**x, "pow: a power that is computed"),
    "over another axis": (lambda x: torch.softmax(x, 2), "softmax: over another axis"),
    "height and width exchanged": (lambda x: x.transpose(2, 3), "height and width exchanged"),
    "flattened in another order": (
        lambda x: x.unflatten(1, (2, -1)).transpose(1, 2).flatten(1),
        "flattened in another order",
    ),
    "places as channels": (lambda x: x.flatten(2), "of 3 axes|3 axes"),
    "where a maximum is": (lambda x: x * x.max(1, keepdim=True)[1], "the places of a maximum"),
    "a constant": (lambda x: torch.ones(2, 3), "the same for every image"),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_is_refused(name: str) -> None:
    function, said = FUNCTIONS[name]
    with pytest.raises(diptych.DiptychError) as error:
        diptych.read(Made(function), IMAGES)
    assert re.search(said, str(error.value)), str(error.value)


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (None, "missing"),
        ((IMAGES, IMAGES), "2 inputs"),
        (torch.zeros(1, 5, dtype=torch.int64), "int64"),
        (torch.zeros(3, 24, 20), "shape"),
        ("x.png", "a str"),
    ],
)
def test_an_example_is_refused(example: Any, said: str) -> None:
    with pytest.raises(diptych.DiptychError, match=said):
        diptych.read(modules.Pair(), example)


def test_half_precision_is_refused() -> None:
    with pytest.raises(diptych.DiptychError, match=r"conv.weight \(float16\).*model.float"):
        diptych.read(modules.Pair().half(), IMAGES)


def test_what_is_no_module_is_refused() -> None:
    with pytest.raises(diptych.DiptychError, match=r"torch\.nn\.Module"):
        diptych.read(object(), IMAGES)
    with pytest.raises(diptych.DiptychError, match="resnet50 is no file, but the name of a network"):
        diptych.read("resnet50", IMAGES)


def test_one_size_is_read_where_it_is_asked_for() -> None:
    net, _ = diptych.read(Made(of_another_layer), IMAGES, one_size=True)
    assert net.nodes[-1].kind == "sigmoid"


def test_an_error_of_the_model_says_its_line() -> None:
    with pytest.raises(diptych.DiptychError) as error:
        diptych.read(Made(that_fails), IMAGES)
    line = that_fails.__code__.co_firstlineno + 1
    assert f"ValueError, in {Path(__file__).name}:{line} (raise ValueError)" in str(error.value)
