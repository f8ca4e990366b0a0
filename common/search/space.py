"""A space of networks: a stem, layers with candidates of which one is chosen for each, and a head.

`supernet` has every candidate of every layer and a `mixed` op that adds them up; `network` has the chosen ones alone,
under the same names, so that weights of the one fit the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from ..blocks.make_divisible import make_divisible
from ..errors import DiptychError, SpecError
from ..ops.mixed import mixed
from ..spec import Net, Shape, near
from ..trace import Value, trace
from .scaling import repeats

SKIP = "skip"


class Unit(Protocol):
    """What a candidate is: a block of a map, the channels and the stride that it is to have, and its name."""

    def __call__(self, x: Value, channels: int, stride: int, *, name: str) -> Value:
        """The map that the unit makes."""


@dataclass(frozen=True)
class Candidate:
    """A unit by name; the one without a unit leaves the layer out."""

    name: str
    unit: Unit | None


@dataclass(frozen=True)
class Layer:
    """A layer that is searched: its channels, its stride, and the candidates for it."""

    channels: int
    stride: int
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class Space:
    """Networks of one frame, which differ in the candidate of each layer.

    `input_shape` is (C, H, W); `head` takes the last map and the number of classes. Raises SpecError for a layer
    without candidates, names that are there twice, and a layer that cannot be left out, since it changes the shape.
    """

    name: str
    input_shape: Shape
    layers: tuple[Layer, ...]
    stem: Callable[[Value], Value]
    head: Callable[[Value, int], Value]
    num_classes: int
    shapes: list[Shape] = field(default_factory=list, init=False, repr=False, compare=False)
    """The shape of the map (C, H, W) before each layer, and that of the last."""

    def __post_init__(self) -> None:
        if not self.layers:
            raise SpecError(f"the space {self.name} has no layers; give it at least one")
        for number, layer in enumerate(self.layers, start=1):
            names = [candidate.name for candidate in layer.candidates]
            if not names:
                raise SpecError(f"layer {number} of the space {self.name} has no candidates; give it at least one")
            if len(set(names)) < len(names):
                raise SpecError(f"layer {number} of the space {self.name} has two candidates of one name: {names}")
        _ = self.supernet

    @cached_property
    def supernet(self) -> Net:
        """The network with every candidate of every layer."""
        return trace(self._all, f"{self.name}_super", self.input_shape, num_classes=self.num_classes)

    @cached_property
    def mixes(self) -> tuple[int, ...]:
        """The layers, counted from 0, that have more than one candidate, and so a `mixed` op."""
        return tuple(number for number, layer in enumerate(self.layers) if len(layer.candidates) > 1)

    def network(self, choice: Sequence[str], name: str | None = None) -> Net:
        """The network of the candidates of these names, one for each layer; raises SpecError for others."""
        chosen = self.chosen(choice)

        def network(x: Value, num_classes: int) -> Value:
            x = self.stem(x)
            for number, candidate in enumerate(chosen):
                x = self._apply(number, candidate, x)
            return self.head(x, num_classes)

        network.__doc__ = f"A network of the space {self.name}: {', '.join(choice)}."
        return trace(network, name or self.name, self.input_shape, num_classes=self.num_classes)

    def chosen(self, choice: Sequence[str]) -> list[Candidate]:
        """The candidates of these names, one for each layer; raises SpecError for others."""
        if len(choice) != len(self.layers):
            raise SpecError(
                f"the space {self.name} has {len(self.layers)} layers, and {len(choice)} candidates were named"
            )
        found = []
        for number, (layer, wanted) in enumerate(zip(self.layers, choice, strict=True), start=1):
            names = [candidate.name for candidate in layer.candidates]
            if wanted not in names:
                raise SpecError(f"layer {number} has no candidate {wanted!r}; {near(wanted, names)}")
            found.append(layer.candidates[names.index(wanted)])
        return found

    def theta(self, layer: int) -> str:
        """The canonical name of the architecture parameters of a layer, counted from 0, in `supernet`."""
        return f"{_mix(layer)}.theta"

    def part(self, layer: int | None, candidate: Candidate | None = None) -> Net | None:
        """A candidate of a layer as a network of its own, None of one that leaves it out.

        Without a candidate it is the stem (layer 0) or, of no layer, the head.
        """
        if candidate is None:
            shape = self.input_shape if layer == 0 else self.shapes[-1]
            ends = self.stem if layer == 0 else lambda x: self.head(x, self.num_classes)
            return trace(ends, "stem" if layer == 0 else "head", shape)
        assert layer is not None  # noqa: S101 - a candidate has a layer
        if candidate.unit is None:
            return None
        return trace(lambda x: self._apply(layer, candidate, x), candidate.name, self.shapes[layer])

    def _all(self, x: Value, num_classes: int) -> Value:
        """Every candidate of every layer, added up by their shares."""
        self.shapes.clear()
        x = self.stem(x)
        for number, layer in enumerate(self.layers):
            self.shapes.append(tuple(map(int, x.shape)))
            made = [self._apply(number, candidate, x) for candidate in layer.candidates]
            x = made[0] if len(made) == 1 else mixed(made, name=_mix(number))
        self.shapes.append(tuple(map(int, x.shape)))
        return self.head(x, num_classes)

    def _apply(self, number: int, candidate: Candidate, x: Value) -> Value:
        layer = self.layers[number]
        if candidate.unit is not None:
            return candidate.unit(x, layer.channels, layer.stride, name=f"layer{number + 1}_{candidate.name}")
        if layer.stride != 1 or int(x.channels) != layer.channels:
            raise SpecError(
                f"layer {number + 1} of the space {self.name} cannot be left out: it makes {layer.channels} channels "
                f"of {int(x.channels)} at stride {layer.stride}; take {candidate.name!r} from its candidates"
            )
        return x


def _mix(layer: int) -> str:
    return f"layer{layer + 1}_mix"


@dataclass(frozen=True)
class Stage:
    """Layers in a row: their channels, the stride of the first, and how many there are."""

    channels: int
    stride: int = 1
    repeats: int = 1


def layers(
    stages: Sequence[Stage],
    channels: int,
    candidates: Sequence[Candidate],
    *,
    width: float = 1.0,
    depth: float = 1.0,
) -> tuple[Layer, ...]:
    """The layers of stages after a stem of so many channels, each with all candidates that its shapes allow.

    `width` multiplies the channels, rounded to multiples of 8, and `depth` the layers of a stage, rounded up. A
    candidate without a unit goes to the layers that keep channels and size. Raises DiptychError for factors that are
    not positive.
    """
    found = list[Layer]()
    for stage in stages:
        wide = make_divisible(stage.channels * width)
        for number in range(repeats(stage.repeats, depth)):
            stride = stage.stride if not number else 1
            same = stride == 1 and wide == channels
            kept = tuple(candidate for candidate in candidates if same or candidate.unit is not None)
            found.append(Layer(wide, stride, kept))
            channels = wide
    if not found:
        raise DiptychError("a space needs at least one stage with a layer")
    return tuple(found)
