"""Activations and unit norms of PyTorch that are several ops here, or ops that few networks have."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
from reading import held
from torch import nn
from torch.nn import functional

import diptych
from diptych.common.errors import DiptychError
from diptych.torch_impl.importing import read as _all_meanings  # noqa: F401 - it fills the table
from diptych.torch_impl.importing.table import MEANINGS


class Between(nn.Module):
    """A function between a convolution and a linear layer."""

    def __init__(self, function: Callable[[Any], Any], channels: int = 6) -> None:
        super().__init__()
        self.conv, self.function = nn.Conv2d(3, 6, 3), function
        self.head = nn.Conv2d(channels, 2, 1)

    def forward(self, x: torch.Tensor) -> Any:
        return self.head(self.function(self.conv(x)))


class Embedding(nn.Module):
    """Vectors that are compared by their angle."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        super().__init__()
        self.conv, self.head, self.function = nn.Conv2d(3, 6, 3), nn.Linear(6, 4), function

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(self.head(self.conv(x).mean((2, 3))))


BETWEEN: dict[str, Callable[[Any], Any]] = {
    "exponential": torch.exp,
    "absolute": torch.abs,
    "softsign": nn.Softsign(),
    "threshold": nn.Threshold(0.1, -0.3),
    "hard shrink": nn.Hardshrink(0.3),
    "soft shrink": nn.Softshrink(0.3),
    "tanh shrink": nn.Tanhshrink(),
    "log softmax": nn.LogSoftmax(1),
    "lower bound": lambda x: 4 * x.clamp(min=0.1),
    "upper bound": lambda x: torch.clip(4 * x, max=-0.1),
    "both bounds": lambda x: functional.hardtanh(4 * x),
}
ROUNDED: dict[str, Callable[[Any], Any]] = {"log sigmoid": nn.LogSigmoid(), "celu": nn.CELU(0.7)}


@pytest.mark.parametrize("name", [*BETWEEN, *ROUNDED])
def test_a_function_is_read(name: str) -> None:
    held(Between((BETWEEN | ROUNDED)[name]), sizes=((12, 10),), exact=name in BETWEEN)


def test_halves_that_gate_each_other_are_read() -> None:
    held(Between(nn.GLU(1), 3), sizes=((12, 10),), exact=False)
    with pytest.raises(DiptychError, match="glu: over another axis"):
        diptych.read(Between(nn.GLU(2)), torch.zeros(1, 3, 12, 10))


UNIT: dict[str, Callable[[], nn.Module]] = {
    "map": lambda: Between(functional.normalize),
    "vector": lambda: Embedding(lambda x: functional.normalize(x, dim=1, eps=1.7)),
    "logarithms": lambda: Embedding(nn.LogSoftmax(dim=-1)),
}


@pytest.mark.parametrize("name", UNIT)
def test_a_norm_of_channels_is_one_op(name: str) -> None:
    result = held(UNIT[name](), sizes=((12, 10),))
    assert {node.op.kind for node in result.net.nodes} & {"unit_norm", "log_softmax"}


def test_a_norm_of_something_else_is_no_unit_norm() -> None:
    result = held(Between(lambda x: x / torch.tanh(x).norm(dim=1, keepdim=True).clamp_min(0.1)), exact=False)
    assert "divide" in {node.op.kind for node in result.net.nodes}


class Turned(nn.Module):
    """A vector in the order of Keras, as code that was ported from there has it before its linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 4, 3), nn.BatchNorm1d(320), nn.Linear(320, 2)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.conv(x)
        return self.head(self.norm(x.permute(0, 2, 3, 1).flatten(1))), x.permute(0, 1, 3, 2).flatten(1)


def test_a_map_flattened_in_another_order_is_read() -> None:
    result = held(Turned(), sizes=((12, 10),), one_size=True)
    assert [node.op.kind for node in result.net.nodes].count("ordered_flatten") == 2


class Branches(nn.Module):
    """Two flattened maps as one vector, and one that is normalised and goes to a linear layer as well."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.other, self.norm = nn.Conv2d(3, 4, 3), nn.Conv2d(3, 2, 3), nn.LayerNorm(320)
        self.head, self.second = nn.Linear(480, 5), nn.Linear(320, 2)

    def forward(self, x: torch.Tensor) -> Any:
        one, other = self.conv(x).flatten(1), torch.relu(self.other(x).flatten(1))
        return self.head(torch.cat([one, other], 1)), self.norm(one), self.second(one)


def test_flattened_maps_are_vectors_like_any_other() -> None:
    result = held(Branches(), sizes=((12, 10),), one_size=True)
    kinds = [node.op.kind for node in result.net.nodes]
    assert (kinds.count("flatten"), kinds.count("ordered_flatten")) == (1, 2)


OTHERWISE = {
    "avg_pool2d",
    "avg_pool3d",
    "conv1d",
    "conv2d",
    "conv_transpose2d",
    "max_pool2d",
    "slice",
    "constant_pad_nd",
    "std",
    "var",
}
"""Here one number stands for all axes, and `slice` is that of lists, too; `pad` tells a mode from a number itself."""


def defaults(name: str) -> Iterator[tuple[str, Any, Any]]:
    """(argument, our default, PyTorch's) of a function that the exported graph may call without them."""
    packet = getattr(torch.ops.aten, name, None)
    if packet is None or "default" not in packet.overloads():
        return
    ours = list(inspect.signature(MEANINGS[name]).parameters.values())[1:]
    by_name = {item.name: item for item in ours if item.kind is item.KEYWORD_ONLY}
    by_place = [item for item in ours if item.kind is item.POSITIONAL_OR_KEYWORD]
    places = itertools.count()
    for argument in packet.default._schema.arguments:
        place = len(by_place) if argument.kwarg_only else next(places)
        own = by_name.get(argument.name) if argument.kwarg_only else next(iter(by_place[place:]), None)
        if own is not None and argument.has_default_value():
            yield (
                argument.name,
                list(own.default) if isinstance(own.default, tuple) else own.default,
                argument.default_value,
            )


def test_defaults_are_those_of_pytorch() -> None:
    """An exported graph leaves out what is the default: `clamp(min=0.1)` was once held below 1, as hardtanh is."""
    found = [(name, *item) for name in sorted(set(MEANINGS) - OTHERWISE) for item in defaults(name)]
    assert len(found) > 40
    assert not [item for item in found if item[2] != item[3]]
