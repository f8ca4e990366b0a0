"""What the gates of a comparison share: both sides, what they answer, and which weights belong together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..common.comparing.align import Alignment, aligned
from ..common.comparing.given import Pass
from ..common.errors import DiptychError
from ..common.spec import Array, Node
from .sides import Images, Side

FLOOR = 1e-3
"""Of the usual size of a channel: one that is smaller is no measure of a difference."""


@dataclass
class Pair:
    """Two sides, the batches that both are held to, and what is noted meanwhile."""

    one: Side
    other: Side
    images: Sequence[Images]
    names: Mapping[str, str] = field(default_factory=dict)
    unsure: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def both(self) -> tuple[Side, Side]:
        return self.one, self.other

    @property
    def readable(self) -> bool:
        """Whether both are Nets."""
        return self.one.read is not None and self.other.read is not None

    @cached_property
    def alignment(self) -> Alignment:
        """The steps of both Nets that belong together."""
        assert self.one.read is not None
        assert self.other.read is not None
        weights = self.one.read.weights, self.other.read.weights
        return aligned(self.one.read.net, self.other.read.net, self.names, weights)

    @cached_property
    def nodes(self) -> list[tuple[Node, Node]]:
        """The nodes that belong together."""
        found = self.alignment
        pairs = [(found.one.steps[a].node, found.other.steps[b].node) for a, b in found.partners.items()]
        return [pair for pair in pairs if pair[0].kind == pair[1].kind]

    @cached_property
    def weights(self) -> dict[str, str]:
        """The weights of the first that have one of the second, by canonical names."""
        found: dict[str, str] = {}
        for mine, theirs in self.nodes:
            ours, others = mine.own_weights(), theirs.own_weights()
            found |= {ours[name]: others[name] for name in ours if name in others}
        return found

    @cached_property
    def places(self) -> tuple[Mapping[str, Array], Mapping[str, Array]]:
        """For each side, where the numbers of each canonical weight stand among its own."""
        one, other = (side.given.places(side.read) if side.read else {} for side in self.both)
        return one, other

    def step(self, images: Images, training: bool, seed: int = 1) -> tuple[Pass, Pass]:
        """One pass of both float64 models with the same seeds; raises DiptychError where one has none."""
        wide = [side.wide for side in self.both]
        if wide[0] is None or wide[1] is None:
            label = next(side.label for side in self.both if side.wide is None)
            raise DiptychError(f"the {label} model is a class of its own, of which no copy in float64 can be made")
        random = np.random.default_rng(seed)
        first = wide[0].outputs(images.values)
        seeds = [random.standard_normal(value.shape) for value in first.values()]
        return wide[0].step(images.values, seeds, training), wide[1].step(images.values, seeds, training)


def canonical(own: Mapping[str, Array], order: Sequence[str], places: Mapping[str, Array], names: Sequence[str]) -> dict[str, Array]:
    """Arrays by a model's own names as canonical ones, for those of which every number is known."""
    starts, at, flat = dict[str, int](), 0, list[Array]()
    for name in order:
        starts[name], at = at, at + own[name].size
        flat.append(own[name].ravel())
    whole = np.concatenate(flat) if flat else np.zeros(0)
    return {name: whole[places[name]] for name in names if name in places}


def matched(one: Mapping[str, Array], other: Mapping[str, Array]) -> list[tuple[str, Array, Array]] | None:
    """(name, first, second) of two answers: by their keys where both have the same, else in order; None for other counts."""
    if len(one) != len(other):
        return None
    same = set(one) == set(other)
    theirs = [other[name] for name in one] if same else list(other.values())
    return [(name or "output", a, b) for (name, a), b in zip(one.items(), theirs, strict=True)]


def channelwise(one: Array, other: Array) -> float:
    """The largest difference, each channel against its own largest number: no channel hides behind a larger one."""
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        return float("inf")
    axes = tuple(axis for axis in range(other.ndim) if axis != 1)
    scale = np.abs(other).max(axis=axes, keepdims=True)
    scale = np.maximum(scale, FLOOR * float(np.median(scale)))
    gaps = np.abs(np.subtract(one, other, dtype=np.float64))
    return float((gaps / np.where(scale == 0, 1, scale)).max())
