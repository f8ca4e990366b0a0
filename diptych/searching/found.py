"""What a search finds, and how it went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..common.search.costs import Costs, shown
from ..common.search.space import Space
from ..common.spec import Array, Net

SHADES = " .:-=+*#@"
"""Which every terminal has."""


@dataclass(frozen=True)
class Epoch:
    """An epoch as it went: means over its steps, and what the probabilities made of the cost after it."""

    number: int
    temperature: float
    beta: float
    weights_loss: float
    theta_loss: float | None
    expected: float
    probabilities: tuple[Array, ...]


@dataclass(frozen=True)
class Drawn:
    """A network that was drawn: its candidates, its cost, and the share of the rest that it reads right."""

    choice: tuple[str, ...]
    cost: float
    right: float


@dataclass
class Course:
    """A search on its way."""

    space: Space
    costs: Costs
    budget: float
    framework: str
    seed: int
    epochs: int
    done: list[Epoch] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """How far it is, and the probabilities of every layer: the darker, the likelier."""
        if not self.done:
            yield "the search begins"
            return
        last, unit = self.done[-1], self.costs.unit
        cost = f"expected {shown(last.expected, unit)} of {shown(self.budget, unit)}"
        yield f"epoch {last.number} of {self.epochs}  loss {last.weights_loss:.4f}  {cost}"
        names = list(dict.fromkeys(c.name for layer in self.space.layers for c in layer.candidates))
        width = max(map(len, names))
        for name in names:
            marks = []
            for layer, found in zip(self.space.layers, last.probabilities, strict=True):
                here = [c.name for c in layer.candidates]
                marks.append(_shade(float(found[here.index(name)])) if name in here else "   ")
            yield f"{name:<{width}}  {' '.join(marks)}"


def _shade(probability: float) -> str:
    return 3 * SHADES[min(int(probability * len(SHADES)), len(SHADES) - 1)]


@dataclass(frozen=True)
class Found:
    """The network that a search ended with, the others that were drawn, and the whole course.

    `net` is a network like any other; `choice` has the candidate of each layer and `cost` what it costs by the table.
    """

    net: Net
    choice: tuple[str, ...]
    cost: float
    drawn: tuple[Drawn, ...]
    course: Course
    seconds: float
    notes: tuple[str, ...] = ()

    @property
    def probabilities(self) -> Sequence[Array]:
        """Those of each layer's candidates at the end."""
        return self.course.done[-1].probabilities

    def lines(self) -> Iterator[str]:
        """The result in words."""
        unit = self.course.costs.unit
        for number, name in enumerate(self.choice, start=1):
            layer = self.course.space.layers[number - 1]
            place = [c.name for c in layer.candidates].index(name)
            yield (f"layer {number}  {name:<9} {layer.channels:>4} channels /{layer.stride}  probability "
                   f"{self.probabilities[number - 1][place]:.2f}")  # fmt: skip
        budget, source = shown(self.course.budget, unit), self.course.costs.source
        yield f"costs {shown(self.cost, unit)} of a budget of {budget}, by {source}"
        yield f"{self.net.params:,} parameters, {self.net.macs:,} MACs"
        yield from self.notes
