"""The numbers of a `.weights` file, one after the other without names; a network gives them their names and shapes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np

from ...common.dialect import Dialect
from ...common.errors import FileError, WeightsError
from ...common.registry import Network, traced
from ...common.spec import Array, Net, Shape
from ..checkpoint import Checkpoint, Key
from .header import Header
from .order import NETWORKS, classes_of, count, fitting, order, with_classes

NAME = "numbers"


def _none() -> Array:
    return np.empty(0, np.float32)


@dataclass(frozen=True)
class Floats(Checkpoint):
    """float32 numbers, and the header before them. `refusal` says why the .cfg beside the file is no network here."""

    numbers: Array = field(default_factory=_none)
    header: Header = field(default_factory=Header, kw_only=True)
    refusal: str = field(default="", kw_only=True)

    of_layers: ClassVar[bool] = False
    kind: ClassVar[str] = "tensor"
    mark: ClassVar[str] = "."
    nameless: ClassVar[bool] = True

    @property
    def names(self) -> list[str]:
        """One, of all numbers."""
        return [NAME]

    def labels(self, prefix: str = "") -> list[str]:
        """One, of all numbers."""
        return [NAME] if not prefix else []

    def networks(self) -> list[str]:
        """The networks that have so many numbers; raises FileError where there is none, or the .cfg speaks against."""
        if self.refusal:
            advice = "--network or --cfg (in Python, network= or cfg=) says what it is instead"
            raise FileError(f"{self.refusal}; it stands beside {self.path.name}: {advice}")
        found = fitting(len(self.numbers))
        if not found:
            sizes = ", ".join(f"{name} {count(_own(name)):,}" for name in NETWORKS)
            raise FileError(
                f"{self.path} has {len(self.numbers):,} numbers, which is no network of Darknet's that is known here, "
                f"with any number of classes (with their own: {sizes}); is the file whole?"
            )
        return list(found)

    def implied(self, chosen: Network, given: Mapping[str, Any]) -> dict[str, Any]:
        """The options that make a network Darknet's, and the classes that its size says, where they are not given."""
        options = dict(NETWORKS.get(chosen.name, {}))
        if chosen.name not in NETWORKS or given.get("num_classes") is not None:
            return options
        classes = classes_of(chosen.name, len(self.numbers), given.get("in_channels") or chosen.in_channels)
        return with_classes(chosen.name, classes) if classes is not None else {**options, **_classes(chosen)}

    def raw(self) -> Iterator[tuple[str, Key, Array]]:
        """The numbers, and the header as numbers of 64 bits."""
        yield NAME, (NAME,), self.numbers
        yield "header", ("header",), np.array(self.header, np.uint64)

    def view(self, net: Net) -> Mapping[str, Array]:
        """The numbers by name; raises WeightsError where they are more or fewer than the network's."""
        found, place = dict[str, Array](), 0
        if len(self.numbers) != count(net):
            options = "".join(f", {key}={value}" for key, value in net.options)
            raise WeightsError(
                f"{self.path} has {len(self.numbers):,} numbers, expected {count(net):,} for {net.name}{options}; is "
                "it whole, and are these its network and its classes?"
            )
        for name in order(net):
            shape = net.weights[name].shape
            found[name] = self.numbers[place : place + math.prod(shape)].reshape(tuple(map(int, shape)))
            place += math.prod(shape)
        return found

    def shapes(self, net: Net) -> dict[str, Shape]:
        """The shapes of the weights that the numbers suffice for."""
        found, place = dict[str, Shape](), 0
        for name in order(net):
            place += net.weights[name].count
            if place > len(self.numbers):
                break
            found[name] = tuple(map(int, net.weights[name].shape))
        return found

    def surplus(self, net: Net) -> list[str]:
        """The numbers beyond those of the network."""
        more = len(self.numbers) - count(net)
        return [f"{more:,} numbers at the end"] if more > 0 else []

    def translate(self, dialect: Dialect) -> Self:
        """Itself: names are the network's."""
        return self

    def inside(self, prefix: str) -> Self:
        """Itself: there is no prefix."""
        return self

    def without_arrays(self) -> Self:
        """What the file says, without its numbers."""
        return replace(self, numbers=_none())


def _classes(chosen: Network) -> dict[str, Any]:
    """The network's own classes by name: it has a head, of which a file of another size says nothing."""
    return {"num_classes": chosen.num_classes}


def _own(name: str) -> Net:
    return traced(name, dict(NETWORKS[name]))
