"""The passes of both sides of one step, of which no more is held than is compared.

The gradients of a pass are as large as the model in float64. Both are held while they stand beside each other, and one
alone while another pass is made of its side; one that was let go is made again where somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..checking.case import Finding
from ..common.comparing.given import Pass
from ..common.memory import trim
from ..common.spec import Array
from .pair import Pair
from .sides import Images, Side
from .trained import Trained, Untrainable

LARGER = "tf"
"""Whose pass takes more memory, and comes first: the gradients that are left of it stand beside the smaller one."""


@dataclass
class Steps:
    """One step of both with the same seeds, of their copies in float64 where they have some, in training or not."""

    pair: Pair
    images: Images
    training: bool
    held: dict[int, Pass] = field(default_factory=dict)
    known: dict[int, Pass] = field(default_factory=dict)

    @cached_property
    def seeds(self) -> list[Array]:
        """What the outputs are multiplied by in the loss; raises Untrainable."""
        return self.pair.seeds(self.images)

    @property
    def order(self) -> list[int]:
        """The places of both sides, in the order that takes the least memory."""
        return sorted((0, 1), key=lambda place: self.pair.both[place].given.framework != LARGER)

    def of(self, place: int) -> Pass:
        """The pass of a side; raises Untrainable where it cannot be trained."""
        if place not in self.held:
            self.held[place] = self.beside(place, self.images.values)
            self.known[place] = _hollow(self.held[place])
        return self.held[place]

    @property
    def both(self) -> tuple[Pass, Pass]:
        """The passes of both."""
        for place in self.order:
            self.of(place)
        return self.held[0], self.held[1]

    def beside(self, place: int, values: Array) -> Pass:
        """A pass of a side over these images, of which nothing is held."""
        trim()
        return Trained(self.pair.both[place]).step(values, self.seeds, self.training, 0)

    def alone(self, place: int, done: Pass) -> tuple[Pass, Pass]:
        """A pass of a side, and of the other what it answered, with gradients of the right shapes alone."""
        return (done, self.known[1]) if place == 0 else (self.known[0], done)

    def let_go(self, place: int) -> None:
        """Hold the gradients of a side no longer."""
        self.held.pop(place, None)


def _hollow(done: Pass) -> Pass:
    """A pass whose gradients take no memory: each is one number, as often as it has to be."""
    return replace(done, gradients=_hollowed(done.gradients))


def _hollowed(arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {name: np.broadcast_to(np.zeros((), array.dtype), array.shape) for name, array in arrays.items()}


def in_own_dtype(pair: Pair, images: Images, training: bool) -> bool:
    """Whether a model trains whose copy in float64 does not, as where code draws float32; it has no copy then."""
    left = [side for side in pair.both if side.wide not in (None, side.given) and not _trains(side, images, training)]
    own = [side for side in left if _trains(replace(side, wide=None), images, training)]
    for side in own:
        pair.notes.append(f"{side.label} is trained in its own dtype: a copy in float64 cannot be")
    pair.one, pair.other = (replace(side, wide=None) if side in own else side for side in pair.both)
    return bool(own)


def _trains(side: Side, images: Images, training: bool) -> bool:
    try:
        seeds = [np.ones_like(value) for value in side.exact.outputs(images.values).values()]
        side.exact.step(images.values, seeds, training)
    except Exception:  # noqa: BLE001 - whatever the code of a model raises
        return False
    return True


def untrainable(pair: Pair, images: Images, training: bool, error: Untrainable) -> Finding | str:
    """One side alone that cannot be trained is another model; where neither can, nothing is told."""
    said = str(error)
    for side in pair.both:
        if not said.startswith(side.label) and not _trains(side, images, training):
            pair.unsure.append(f"neither model can be trained: {said}")
            return said
    return Finding(False, float("inf"), 0.0, "the loss", f"it cannot be trained as the other can: {said}", 1)
