"""A model as it is given: what a comparison asks of it, whatever framework it is of.

Nothing of it is built anew where that can be helped: patches of an instance, hooks and modes of its own are part of
what its users call. Arrays are NumPy, images (N, C, H, W); weights have the model's own names and shapes.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ..importing.imported import Imported
from ..spec import Array, Net
from .places import Places


@dataclass(frozen=True, order=True)
class Dropped:
    """A dropout: "dropout", "spatial dropout" of whole maps, or "alpha dropout"; `name` is its layer's, if any."""

    kind: str
    rate: float
    name: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.kind} {self.rate:g}"


@dataclass(frozen=True)
class Pass:
    """One forward and backward pass: outputs by name ("" where there is one without), gradients, and the buffers left.

    `dropouts` are those that would have been applied, in the order in which they are called.
    """

    outputs: Mapping[str, Array]
    input_gradient: Array
    gradients: Mapping[str, Array] = field(default_factory=dict)
    buffers: Mapping[str, Array] = field(default_factory=dict)
    dropouts: tuple[Dropped, ...] = ()
    drawn: bool = False
    """Whether random numbers were drawn, or may have been, beside those of dropout."""
    added: float = 0.0
    """The losses that the model adds itself, for its weights and its maps."""


RATES = ("drop_prob", "drop_path_rate", "drop_connect_rate", "drop_path", "drop_rate", "rate", "p", "prob")
"""What classes that leave out whole branches by chance (`DropPath`, `StochasticDepth`) call how often they do so."""
SURVIVES = ("survival_probability", "survival_prob", "survival_rate", "keep_prob")
"""What they call how often they do not."""


def path_rate(layer: Any) -> float | None:
    """How often a layer would leave out a branch, if it is of such a class; None where it says no such number.

    >>> class DropPath:
    ...     drop_prob = 0.2
    >>> path_rate(DropPath()), path_rate(0.2)
    (0.2, None)
    """
    for names, rate_of in ((RATES, float), (SURVIVES, lambda kept: 1 - float(kept))):
        for value in (getattr(layer, name, None) for name in names):
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(rate_of(value))
    return None


def leaves_out(answer: Array, rate: float) -> bool:
    """Whether what a layer makes of ones is stochastic depth: each image is gone as a whole, or made up for."""
    if answer.shape != PROBED or not 0 < rate < 1:
        return False
    rows = answer.reshape(len(answer), -1)
    gone, made_up = np.isclose(rows, 0), np.isclose(rows, 1 / (1 - rate), rtol=1e-4)
    return bool((gone.all(1) | made_up.all(1)).all() and gone.any() and made_up.any())


PROBED = (256, 2, 2, 2)
"""Of which ones that is asked."""


def call_name(path: str, known: Container[str]) -> str:
    """The name of a call of a layer: its path, and from the second call on the number of the call."""
    calls = itertools.count(2)
    name = path
    while name in known:
        name = f"{path} (call {next(calls)})"
    return name


def call_of(path: str, number: int) -> str:
    """The name of the call of a layer by its number, from 0, and its path with slashes.

    >>> call_of("body/conv", 0), call_of("body/conv", 1)
    ('body.conv', 'body.conv (call 2)')
    """
    name = path.replace("/", ".")
    return f"{name} (call {number + 1})" if number else name


class Given(Protocol):
    """A model and how it is called."""

    framework: str
    dtype: str
    model: Any
    trains: bool
    """Whether it was left in training mode."""
    lines: dict[str, str]
    """Where in somebody's code the layers stand that were seen, by the names that `seen` has."""

    def outputs(self, x: Array) -> Mapping[str, Array]:
        """What it answers in evaluation, maps as (N, C, H, W)."""

    def meaning(self) -> tuple[Net, dict[str, Array]] | None:
        """The Net and the weights that it was built of, of a model that stands for a network; None for any other."""

    def step(self, x: Array, seeds: Sequence[Array], training: bool, turn: int = 0) -> Pass:
        """A pass whose loss is the sum of the products of outputs and seeds, with dropout off; nothing of it stays.

        In another `turn` all that is left to chance has other random numbers.
        """

    def in_training(self, x: Array, turn: int) -> Mapping[str, Array]:
        """The outputs of such a pass in training mode, which does not go back."""

    def seen(self, x: Array, training: bool) -> Mapping[str, Array]:
        """What each layer by its path hands on, with dropout off, maps as (N, C, H, W); see `call_name`."""

    def penalties(self) -> Mapping[str, str]:
        """The parameters that the model itself adds a loss for, and how."""

    def constraints(self) -> Mapping[str, str]:
        """The parameters that each step of training brings back within bounds, and how."""

    def at(self, height: int, width: int) -> Given | None:
        """The model, or a copy where it takes images of one other size; None where none can be made."""

    def weights(self) -> Mapping[str, Array]:
        """Its parameters and buffers."""

    def trained(self) -> frozenset[str]:
        """The names of its parameters, frozen or not."""

    def sizes(self) -> Mapping[str, int]:
        """How many numbers each of its parameters and buffers has."""

    def paths(self) -> Mapping[str, float]:
        """The layers that leave out whole branches by chance (stochastic depth), and how often; off in a step."""

    def frozen(self) -> frozenset[str]:
        """The parameters that its users do not train."""

    def places(self, result: Imported) -> Mapping[str, Places]:
        """Where the numbers of each weight that was read stand among all of `weights`, one after the other."""

    def holding(self, weights: Iterable[tuple[str, Array]]) -> Given | None:
        """Its copy in float64 with other weights, which that has from then on; None where none can be made."""

    def lending(self, copy: Given) -> AbstractContextManager[Given]:
        """The model itself with the weights of a copy of it; its own are back afterwards."""

    def wide(self) -> Given | None:
        """Its copy in float64, or the model itself where it is of float64; None where none can be made."""

    def narrow(self) -> Given | None:
        """A copy in float32; None where none can be made."""
