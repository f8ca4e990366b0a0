"""How a space is searched: both optimisers, the temperature, the loss and how long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import DiptychError
from ..spec import Array
from ..training.optimisers import SGD, Adam, Optimiser
from ..training.rates import positive

Part = Literal["weights", "theta"]
"""What a step trains: the weights of the candidates, or the architecture parameters."""


@dataclass(frozen=True)
class Temperature:
    """The temperature of Gumbel-softmax after so many epochs: `first * factor**epoch`.

    >>> [round(Temperature().at(epoch), 2) for epoch in (0, 45, 89)]
    [5.0, 0.66, 0.09]
    """

    first: float = 5.0
    factor: float = math.exp(-0.045)

    def __post_init__(self) -> None:
        positive(self, "first", "factor")

    def at(self, epoch: float) -> float:
        """The temperature in an epoch, counted from 0; raises DiptychError where it has reached 0."""
        return checked(self.first * self.factor**epoch)


def checked(temperature: float) -> float:
    """A temperature that Gumbel-softmax can be computed with; raises DiptychError for others."""
    if not (math.isfinite(temperature) and temperature > 0):
        raise DiptychError(
            f"a temperature is a positive number, got {temperature!r}: at 0 the shares of the candidates have no "
            "gradient; let it begin at 5 and fall slowly, as FBNet's does"
        )
    return temperature


@dataclass(frozen=True)
class Objective:
    """CE * alpha * ln(LAT)**beta (equation 2 of the paper); LAT is in the unit of the costs, and must be above 1."""

    alpha: float = 0.2
    beta: float = 0.6

    def __post_init__(self) -> None:
        positive(self, "alpha")
        positive(self, "beta", zero=True)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """Which optimiser trains what, by default the paper's: the cosine of the weights needs to know how many steps."""

    weights: Optimiser = field(default_factory=lambda: SGD(rate=0.1, momentum=0.9, weight_decay=1e-4))
    theta: Optimiser = field(default_factory=lambda: Adam(rate=0.01, weight_decay=5e-4))

    @property
    def by_part(self) -> dict[Part, Optimiser]:
        """The rule of each part."""
        return {"weights": self.weights, "theta": self.theta}


@dataclass(frozen=True)
class Seen:
    """A step as it was seen: the loss and its parts, and the gradients of what was trained, by canonical name."""

    loss: float
    cross_entropy: float
    latency: float
    gradients: Mapping[str, Array]


def check_latency(least: float, unit: str) -> None:
    """Raise DiptychError for costs of which the logarithm is not positive."""
    if not least > 1:
        raise DiptychError(
            f"the loss takes ln(LAT) to a power, and the cheapest network costs {least:g} {unit}, expected more than "
            "1; give costs in a smaller unit"
        )


PAPER = 90
"""The epochs of the paper, over which its temperature falls."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A whole search.

    In the first `warm_up` epochs the weights alone are trained; in each of the others, first the weights on `share` of
    the images, then the architecture parameters on the rest. The temperature falls as over the 90 epochs of the paper,
    in however many there are. `steer` moves beta after each epoch by how far the expected cost is off the budget; the
    paper has no budget, and keeps beta. At the end `samples` networks are drawn (the paper draws six), and the one that
    reads most of the rest right is taken. The paper has 90 epochs, of which 10 warm up, and a rate of 0.01 for theta:
    its epochs have a hundred times as many steps as one of 1,437 digits.
    """

    epochs: int = 8
    warm_up: int = 2
    batch: int = 32
    share: float = 0.8
    temperature: Temperature = field(default_factory=Temperature)
    objective: Objective = field(default_factory=Objective)
    rules: Rules = field(default_factory=lambda: Rules(theta=Adam(rate=0.3, weight_decay=5e-4)))
    steer: bool = True
    samples: int = 6

    def __post_init__(self) -> None:
        for name in ("epochs", "batch", "samples"):
            _natural(self, name, 1)
        _natural(self, "warm_up", 0)
        if self.warm_up >= self.epochs:
            raise DiptychError(
                f"of {self.epochs} epochs {self.warm_up} warm up, and none is left to train the architecture in"
            )
        if not 0 < self.share < 1:
            raise DiptychError(f"share is the part of the images that the weights have, between 0 and 1: {self.share}")

    def heat(self, epoch: int) -> float:
        """The temperature of an epoch, counted from 0; raises DiptychError where it has reached 0."""
        return self.temperature.at(epoch * PAPER / self.epochs)


def _natural(plan: Plan, name: str, least: int) -> None:
    value = getattr(plan, name)
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise DiptychError(f"{name} is a whole number from {least} on, got {value!r}")
