"""Schedules of the learning rate as data; `at(step)` is their meaning, a Python float for a step counted from 0.

Steps are updates: where gradients are accumulated, a schedule moves once for each update and not for each batch.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import DiptychError


@dataclass(frozen=True)
class Schedule:
    """A rate that depends on the step; `rate` is that of step 0, or of the end of the warm-up."""

    rate: float

    def __post_init__(self) -> None:
        positive(self, "rate")

    def at(self, step: int) -> float:
        """The rate of an update, of which the first is 0."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate in every step.

    >>> Constant(0.1).at(1000)
    0.1
    """

    def at(self, step: int) -> float:
        return self.rate


@dataclass(frozen=True)
class Step(Schedule):
    """The rate is multiplied by `factor` at each milestone: the update of that number is the first with the new rate.

    `torch.optim.lr_scheduler.MultiStepLR` says the same; Keras's PiecewiseConstantDecay keeps the old rate at its
    boundary, so that its boundaries are one less.

    >>> [Step(1.0, (2,), 0.1).at(step) for step in range(4)]
    [1.0, 1.0, 0.1, 0.1]
    """

    milestones: tuple[int, ...] = ()
    factor: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "factor")
        if list(self.milestones) != sorted(set(self.milestones)) or any(at < 1 for at in self.milestones):
            raise DiptychError(f"milestones are steps from 1 on in rising order, got {self.milestones}")

    def at(self, step: int) -> float:
        return self.rate * self.factor ** sum(step >= milestone for milestone in self.milestones)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate is multiplied by `factor` over every `steps` steps: at once with `staircase`, else little by little.

    >>> [round(Exponential(1.0, 0.5, 2, staircase=True).at(step), 3) for step in range(4)]
    [1.0, 1.0, 0.5, 0.5]
    """

    factor: float = 0.9
    steps: int = 1
    staircase: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "factor", "steps")

    def at(self, step: int) -> float:
        return float(self.rate * self.factor ** (step // self.steps if self.staircase else step / self.steps))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from the rate to `final`, over `steps` steps.

    `after` is what comes then: to "stay" there, as Keras's CosineDecay, or to "rise" again, as CosineAnnealingLR.

    >>> [round(Cosine(1.0, 4).at(step), 3) for step in (0, 2, 4, 6)]
    [1.0, 0.5, 0.0, 0.0]
    >>> round(Cosine(1.0, 4, after="rise").at(6), 3)
    0.5
    """

    steps: int = 1
    final: float = 0.0
    after: Literal["stay", "rise"] = "stay"

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "steps")
        positive(self, "final", zero=True)
        among(self, "after", ("stay", "rise"))

    def at(self, step: int) -> float:
        done = min(step, self.steps) if self.after == "stay" else step
        return self.final + (self.rate - self.final) * (1 + math.cos(math.pi * done / self.steps)) / 2


@dataclass(frozen=True)
class WarmUp(Schedule):
    """From `start` to the rate over `steps` steps; then another schedule from its own step 0 on.

    It is a straight line, or with `power` a curve: YOLOX's is 2.

    >>> [WarmUp(1.0, 4, 0.0).at(step) for step in (0, 1, 4, 9)]
    [0.0, 0.25, 1.0, 1.0]
    >>> [WarmUp(1.0, 4, 0.0, power=2).at(step) for step in (0, 1, 2, 4)]
    [0.0, 0.0625, 0.25, 1.0]
    """

    steps: int = 1
    start: float = 0.0
    then: Schedule | None = field(default=None)
    power: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        positive(self, "steps", "power")
        positive(self, "start", zero=True)
        if self.then is not None and self.then.rate != self.rate:
            raise DiptychError(
                f"the schedule after a warm-up begins at the rate it ends at, {self.rate}, not {self.then.rate}"
            )

    def at(self, step: int) -> float:
        if step < self.steps:
            return float(self.start + (self.rate - self.start) * (step / self.steps) ** self.power)
        return self.rate if self.then is None else self.then.at(step - self.steps)


def positive(item: Any, *names: str, zero: bool = False) -> None:
    """Raise DiptychError where a field is no finite number above 0 (or from 0 on)."""
    for name in names:
        value = getattr(item, name)
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
            raise DiptychError(f"{name} of {type(item).__name__} is a finite number, got {value!r}")
        if value < 0 or (value == 0 and not zero):
            raise DiptychError(f"{name} of {type(item).__name__} is {'0 or more' if zero else 'above 0'}, got {value}")


def among(item: Any, name: str, values: tuple[str, ...]) -> None:
    """Raise DiptychError where a field is none of these values."""
    if getattr(item, name) not in values:
        said = " or ".join(map(repr, values))
        raise DiptychError(f"{name} of {type(item).__name__} is {said}, got {getattr(item, name)!r}")
