"""Optimisers as data: every difference between the frameworks' own is a field, never a default of one of them.

`rules` computes what they mean. A field of two words says whose rule it is: the first that its comment names is
PyTorch's, the second Keras's.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

from ..errors import DiptychError
from .clipping import Clip
from .rates import Constant, Schedule, among, positive

VECTORS = "vectors"
"""Among `exclude`: every weight of one dimension, so biases and the scale and shift of a normalisation."""


@dataclass(frozen=True, kw_only=True)
class Optimiser:
    """What all optimisers share.

    `rate` is a number or a Schedule. `decay` says where the weight decay enters: "coupled" adds `weight_decay * w` to
    the gradient (PyTorch's SGD, Adam, RMSprop, Adagrad), "decoupled" takes `rate * weight_decay * w` off the weight
    before the update (AdamW, and every optimiser of Keras). Weights whose names fit a pattern of `exclude` are spared;
    "vectors" are all of one dimension. Gradients are clipped before they are decayed. `accumulate` batches make one
    update, of the mean of their gradients. `average` is the decay of an exponential moving average of the weights,
    which begins as a copy of them after the first update; None for none.
    """

    rate: float | Schedule = 0.01
    weight_decay: float = 0.0
    decay: Literal["coupled", "decoupled"] = "coupled"
    exclude: tuple[str, ...] = ()
    clip: Clip | None = None
    accumulate: int = 1
    average: float | None = None
    slots: ClassVar[tuple[str, ...]] = ()
    """What it may keep of every weight; `kept` are those that it does keep."""
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay",)
    """The fields that are numbers of 0 or more."""
    shares: ClassVar[tuple[str, ...]] = ()
    """The fields that are from 0 to below 1."""
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {"decay": ("coupled", "decoupled")}

    def __post_init__(self) -> None:
        if not isinstance(self.rate, Schedule):
            positive(self, "rate")
        positive(self, *self.numbers, zero=True)
        for name in self.shares:
            positive(self, name, zero=True)
            if getattr(self, name) >= 1:
                raise DiptychError(f"{name} of {type(self).__name__} is below 1, got {getattr(self, name)}")
        for name, values in self.choices.items():
            among(self, name, values)
        if not isinstance(self.accumulate, int) or self.accumulate < 1:
            raise DiptychError(f"accumulate is a number of batches from 1 on, got {self.accumulate!r}")
        if self.average is not None and not 0 <= self.average < 1:
            raise DiptychError(f"average is a decay from 0 to below 1, got {self.average}")

    @property
    def schedule(self) -> Schedule:
        """The rate as a Schedule."""
        return self.rate if isinstance(self.rate, Schedule) else Constant(self.rate)

    @property
    def constant(self) -> bool:
        """Whether the rate is the same in every step."""
        return isinstance(self.schedule, Constant)

    @property
    def kept(self) -> tuple[str, ...]:
        """The slots that it keeps of every weight."""
        return self.slots

    @property
    def start(self) -> float:
        """What the slots begin with."""
        return 0.0

    def decayed_where(self, spared: bool) -> float:
        """The weight decay of a weight that is spared from it, or is not."""
        return 0.0 if spared else self.weight_decay


@dataclass(frozen=True, kw_only=True)
class SGD(Optimiser):
    """Gradient descent with momentum; https://proceedings.mlr.press/v28/sutskever13.html for Nesterov's.

    `velocity` says where the rate stands: "outside", `v = m v + g; w -= rate v` (PyTorch), or "inside",
    `v = m v - rate g; w += v` (Keras). They differ where the rate changes. `dampening` scales the gradients that enter
    the velocity from the second step on (PyTorch's).
    """

    momentum: float = 0.0
    nesterov: bool = False
    dampening: float = 0.0
    velocity: Literal["outside", "inside"] = "outside"
    slots: ClassVar[tuple[str, ...]] = ("velocity",)
    shares: ClassVar[tuple[str, ...]] = ("momentum",)
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay", "dampening")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**Optimiser.choices, "velocity": ("outside", "inside")}

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.nesterov and (not self.momentum or self.dampening):
            raise DiptychError("Nesterov's momentum needs a momentum, and no dampening")

    @property
    def kept(self) -> tuple[str, ...]:
        return self.slots if self.momentum else ()


@dataclass(frozen=True, kw_only=True)
class Adam(Optimiser):
    """Adam, https://arxiv.org/abs/1412.6980; with `decay` "decoupled" AdamW, https://arxiv.org/abs/1711.05101.

    `eps_at` says where eps stands: beside the "corrected" root `sqrt(v / (1 - b2**t)) + eps` (PyTorch), or beside the
    "uncorrected" one, with both corrections in the rate (Keras; "epsilon hat" in section 2 of the paper).
    """

    rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    eps_at: Literal["corrected", "uncorrected"] = "corrected"
    amsgrad: bool = False
    slots: ClassVar[tuple[str, ...]] = ("mean", "square", "largest")
    shares: ClassVar[tuple[str, ...]] = ("beta1", "beta2")
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay", "eps")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**Optimiser.choices, "eps_at": ("corrected", "uncorrected")}

    @property
    def kept(self) -> tuple[str, ...]:
        return self.slots if self.amsgrad else self.slots[:2]


@dataclass(frozen=True, kw_only=True)
class RMSprop(Optimiser):
    """RMSprop; `eps_at`: "outside" the root (PyTorch) or "inside" (Keras, TensorFlow 1).

    `velocity` is where the rate stands, as of SGD. `first` is what the mean of squares begins with: 0, or 1 in
    TensorFlow 1, with which the networks of slim were trained.
    """

    rho: float = 0.99
    eps: float = 1e-8
    eps_at: Literal["outside", "inside"] = "outside"
    momentum: float = 0.0
    velocity: Literal["outside", "inside"] = "outside"
    centered: bool = False
    first: float = 0.0
    slots: ClassVar[tuple[str, ...]] = ("square", "mean", "velocity")
    shares: ClassVar[tuple[str, ...]] = ("rho", "momentum")
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay", "eps", "first")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {
        **Optimiser.choices,
        "eps_at": ("outside", "inside"),
        "velocity": ("outside", "inside"),
    }

    @property
    def kept(self) -> tuple[str, ...]:
        return ("square", *(["mean"] if self.centered else []), *(["velocity"] if self.momentum else []))


@dataclass(frozen=True, kw_only=True)
class Adagrad(Optimiser):
    """Adagrad; `first` is what the sum of squares begins with, 0 in PyTorch and 0.1 in Keras.

    `eps_at`: "outside" the root (PyTorch) or "inside" (Keras). `rate_decay` divides the rate by
    `1 + steps done * rate_decay` (PyTorch's).
    """

    first: float = 0.0
    eps: float = 1e-10
    eps_at: Literal["outside", "inside"] = "outside"
    rate_decay: float = 0.0
    slots: ClassVar[tuple[str, ...]] = ("sum",)
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay", "eps", "first", "rate_decay")
    choices: ClassVar[Mapping[str, tuple[str, ...]]] = {**Optimiser.choices, "eps_at": ("outside", "inside")}


@dataclass(frozen=True, kw_only=True)
class LAMB(Optimiser):
    """LAMB, https://arxiv.org/abs/1904.00962: Adam's step, scaled for each weight by the norm of the weight.

    PyTorch has none. `decay` "decoupled" is Keras's, beside the step; "coupled" is the paper's, in the step before its
    norm is taken. A weight or a step of norm 0 is not scaled.
    """

    rate: float | Schedule = 0.001
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-6
    slots: ClassVar[tuple[str, ...]] = ("mean", "square")
    shares: ClassVar[tuple[str, ...]] = ("beta1", "beta2")
    numbers: ClassVar[tuple[str, ...]] = ("weight_decay", "eps")


def spared(rule: Optimiser, shapes: Mapping[str, Sequence[int]]) -> frozenset[str]:
    """The weights that the decay leaves alone, of all by name; raises DiptychError for a pattern that fits none.

    >>> sorted(spared(SGD(exclude=("vectors",)), {"conv.weight": (8, 3, 3, 3), "conv.bias": (8,)}))
    ['conv.bias']
    """
    found = set[str]()
    for pattern in rule.exclude:
        fits = {n for n, shape in shapes.items() if (len(shape) <= 1 if pattern == VECTORS else _fits(n, pattern))}
        if not fits and pattern != VECTORS:
            raise DiptychError(f"no weight is called like {pattern!r}, which the weight decay is to leave alone")
        found |= fits
    return frozenset(found)


def _fits(name: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(name, pattern) or name.rpartition(".")[2] == pattern


def differing(one: Optimiser, other: Optimiser) -> list[str]:
    """The fields in which two rules of one kind differ; numbers as near as float32 has them are equal."""
    names = [field.name for field in fields(one) if field.name in vars(other)]
    return [name for name in names if not _equal(getattr(one, name), getattr(other, name))]


def nearest(one: Any, other: Any) -> Any:
    """The second description with the numbers of the first where both are the same in float32, as Keras keeps them.

    >>> nearest(SGD(rate=1 / 3), SGD(rate=0.3333333)).rate == 1 / 3
    True
    """
    if isinstance(one, float) and isinstance(other, (int, float)):
        return one if _equal(one, other) else other
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        return tuple(map(nearest, one, other))
    if isinstance(one, (Optimiser, Schedule, Clip)) and type(one) is type(other):
        return replace(other, **{f.name: nearest(getattr(one, f.name), getattr(other, f.name)) for f in fields(one)})
    return other


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, (int, float)):
        return abs(one - other) <= 2**-23 * max(abs(one), abs(other))
    return bool(one == other)
