"""What the gates of a comparison share: both sides, the images, and which weights belong together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..common.compare import FLOAT64_TOLERANCE
from ..common.comparing.align import Alignment, aligned
from ..common.comparing.along import Along
from ..common.comparing.columns import Columns, columns
from ..common.comparing.folding import with_folds
from ..common.comparing.given import Given
from ..common.comparing.places import Placed, Places, laid
from ..common.comparing.rounding import rounding, rounding_of
from ..common.errors import DiptychError
from ..common.importing.imported import Imported
from ..common.rewriting.resized import resized
from ..common.spec import Array, Net
from ..common.text import first_few
from .sides import Images, Side
from .trained import Trained


@dataclass
class Pair:
    """Two sides, the batches that both are held to, and what is noted meanwhile.

    `names` are layers that somebody says are pairs; `by_weights` lets equal weights tell pairs, too.
    """

    one: Side
    other: Side
    images: Sequence[Images]
    names: Mapping[str, str] = field(default_factory=dict)
    by_weights: bool = True
    unsure: list[str] = field(default_factory=list)
    hidden: bool = False
    """Whether what makes it unsure is the outputs alone, so that layers may still tell."""
    parted: Images | None = None
    """The first images to which the models answer otherwise."""
    rounded: bool = False
    """Whether they do so in their own dtypes alone, or as copies in float32."""
    restless_side: str = ""
    """The model that answers twice with other numbers, if one does."""
    unlike: bool = False
    """Whether their steps differ, so far as they are known."""
    otherwise: bool = False
    """Whether the two compute one function by other steps: weights are the same numbers in other places."""
    compared: list[Images] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    departed: tuple[str, str] | None = None
    """The layers of both by which a gate found them to part while they run."""
    along: Along = field(default_factory=Along)
    """How far they are apart along the network, for who looks at it."""
    refused: dict[str, list[str]] = field(default_factory=dict)
    """Which batches were not compared, by the reason."""

    @cached_property
    def low(self) -> tuple[Given, Given]:
        """What is asked in less than float64: both models as they stand, of two in float64 their copies in float32."""
        given = self.one.given, self.other.given
        if {item.dtype for item in given} != {"float64"}:
            return given
        one, other = (item.narrow() for item in given)
        return given if one is None or other is None else (one, other)

    @property
    def both(self) -> tuple[Side, Side]:
        """The first and the second."""
        return self.one, self.other

    @cached_property
    def read(self) -> tuple[Imported, Imported] | None:
        """What was read of both; None where one could not be read."""
        one, other = self.one.read, self.other.read
        return None if one is None or other is None else (one, other)

    @property
    def unread(self) -> str:
        """Why the layers cannot be compared."""
        return "; ".join(f"{side.label} cannot be read: {side.refusal}" for side in self.both if side.read is None)

    @cached_property
    def alignment(self) -> Alignment:
        """The steps of both Nets that belong together."""
        one, other = self.known
        return self._aligned(one.net, other.net)

    def alignment_at(self, size: tuple[int, ...]) -> Alignment | None:
        """The same at images of another (height, width); None where a Net has other weights there, or states a size."""
        one, other = self.known
        nets = [resized(read.net, (size[0], size[1])) for read in (one, other)]
        return None if nets[0] is None or nets[1] is None else self._aligned(nets[0], nets[1])

    def _aligned(self, one: Net, other: Net) -> Alignment:
        weights = (self.known[0].weights, self.known[1].weights)
        found = aligned(*_answering(one, other), self.names, weights if self.by_weights else None)
        return with_folds(found, weights) if self.by_weights else found

    @cached_property
    def columns(self) -> dict[str, Columns]:
        """Which column of a kernel of the first each column of its partner is, where maps are flattened otherwise."""
        one, other, found = self.alignment.one, self.alignment.other, dict[str, Columns]()
        for a, b in self.alignment.partners.items():
            if (order := columns(one, other, a, b)) is not None:
                found[one.steps[a].node.own_weights()["weight"]] = order
        return found

    def as_theirs(self, name: str, array: Array) -> Array:
        """A weight of the first, or its gradient, in the order in which the second has it."""
        return array.reshape(len(array), -1)[:, self.columns[name]] if name in self.columns else array

    @cached_property
    def bound(self) -> float:
        """The tolerance in float64: larger where constants of the two are rounded otherwise."""
        if self.read is None:
            return max(FLOAT64_TOLERANCE, rounding_of([side.read.net for side in self.both if side.read]))
        return max(FLOAT64_TOLERANCE, rounding(self.alignment))

    @cached_property
    def weights(self) -> dict[str, str]:
        """The weights of the first that have one of the second, by canonical names."""
        found: dict[str, str] = {}
        ours, theirs = self.alignment.one.steps, self.alignment.other.steps
        for a, b in self.alignment.partners.items():
            if (a, b) in self.alignment.folds:
                continue
            mine, others = ours[a].node.own_weights(), theirs[b].node.own_weights()
            found |= {mine[name]: others[name] for name in mine if name in others}
        return found | dict(self._by_themselves(found))

    def _by_themselves(self, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        """Weights of steps that are no pair, as where one writes out a layer: of one name, or with equal numbers."""
        one, other = self.known
        left = {name: array for name, array in other.weights.items() if name not in set(known.values())}
        for name, array in one.weights.items():
            if name in known:
                continue
            fits = [theirs for theirs, item in left.items() if item.size == array.size]
            equal = [theirs for theirs in fits if np.array_equal(left[theirs].ravel(), array.ravel())]
            theirs = name if name in fits else equal[0] if self.by_weights and len(equal) == 1 else ""
            if theirs:
                del left[theirs]
                yield name, theirs

    @cached_property
    def places(self) -> tuple[Mapping[str, Places], Mapping[str, Places]]:
        """For each side, where the numbers of each canonical weight stand among its own."""
        one, other = self.known
        return self.one.given.places(one), self.other.given.places(other)

    @property
    def known(self) -> tuple[Imported, Imported]:
        """What was read of both; raises DiptychError where one could not be read."""
        if self.read is None:
            raise DiptychError(self.unread)
        return self.read

    @property
    def exact(self) -> bool:
        """Whether both have a copy in float64."""
        return self.one.wide is not None and self.other.wide is not None

    def seeds(self, images: Images) -> list[Array]:
        """What the outputs for these images are multiplied by in the loss of a step; raises Untrainable."""
        random = np.random.default_rng(1)
        outputs = Trained(self.one).outputs(images.values)
        return [random.standard_normal(value.shape) for value in outputs.values()]

    def canonical(self, place: int, own: Mapping[str, Array]) -> Placed:
        """Arrays by a model's own names as those of its Net; without those of which a number is missing."""
        return Placed(self.places[place], self.sizes[place], own)

    @cached_property
    def sizes(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """For each side, how many numbers each of its own arrays has."""
        return self.one.given.sizes(), self.other.given.sizes()


def transferred(pair: Pair) -> Pair:
    """The copies of the pair in float64, with the weights of the first in the second's, which has them from then on.

    Raises DiptychError for a weight that has none.
    """
    one, other = pair.known
    back = {theirs: mine for mine, theirs in pair.weights.items()}
    used = {name for step in pair.alignment.other.steps for name in step.node.weights()}
    lacking = [name for name in other.net.weights if name not in back and name in used]
    aside = [name for name in other.net.weights if name not in back and name not in used]
    if lacking:
        raise DiptychError(f"{pair.one.label} has no weights for {first_few(lacking, 8)} of {pair.other.label}; "
                           "name the layers that belong together")  # fmt: skip
    wrong = [f"{mine} ({one.net.weights[mine].shape}) for {theirs} ({other.net.weights[theirs].shape})"
             for theirs, mine in back.items() if one.weights[mine].size != other.net.weights[theirs].count]  # fmt: skip
    if wrong:
        fit = f"weights of {pair.one.label} do not fit {pair.other.label}: {first_few(wrong, 8)}"
        raise DiptychError(fit + _parting(pair))
    weights = {name: pair.as_theirs(back[name], one.weights[back[name]]).reshape(array.shape) if name in back else array
               for name, array in other.weights.items()}  # fmt: skip
    if nowhere := [name for name in back if name not in pair.places[1]]:
        raise DiptychError(f"{first_few(nowhere, 8)} of {pair.other.label} cannot be told among its variables, so "
                           "that no weights are moved; compare the models as they are")  # fmt: skip
    copy = pair.other.given.holding(laid(pair.places[1], pair.other.given.weights(), weights))
    if copy is None or pair.one.wide is None:
        raise DiptychError(
            f"no copy of {pair.other.label} can be made that takes other weights; compare them as they are"
        )
    first = replace(pair.one, given=pair.one.wide)
    second = Side(pair.other.label, copy, copy, replace(other, weights=weights))
    kept = f"weights of {pair.other.label} that keep their own values, as no output of {pair.one.label} is theirs: "
    found = Pair(first, second, pair.images, pair.names, notes=[kept + first_few(aside, 4)] if aside else [])
    found.places = pair.places  # which are of the layers, whatever their numbers
    return found


@contextmanager
def lent(pair: Pair) -> Iterator[Pair]:
    """The pair with the weights of the first in the second model itself, which has its own again afterwards.

    Copies alone would not show what an instance does: a patch, a hook, a policy of its layers.
    """
    moved, first, themselves = transferred(pair), pair.one, pair.other.given
    del pair  # with what was read of the second, which has other weights now
    with themselves.lending(moved.other.given) as given:
        held = replace(moved, one=first, other=replace(moved.other, given=given))
        held.places = moved.places
        del moved
        yield held


def _parting(pair: Pair) -> str:
    """The first layers that belong together and answer with maps of other shapes, where the sizes of weights differ."""
    found = pair.alignment
    for a, b in found.partners.items():
        mine, theirs = found.one.steps[a].node, found.other.steps[b].node
        shapes = [tuple(map(int, node.shape)) for node in (mine, theirs)]
        if shapes[0] != shapes[1]:
            told = f"{mine.path} {shapes[0]}, {theirs.path} {shapes[1]}"
            return f"; the first layers whose answers have other shapes, (C, H, W): {told}"
    return ""


def _answering(one: Net, other: Net) -> tuple[Net, Net]:
    """Both networks with as many outputs, the first ones: what only the other outputs depend on has no partner."""
    count = min(len(one.outputs), len(other.outputs))
    nets = [replace(net, outputs=net.outputs[:count]) if len(net.outputs) > count else net for net in (one, other)]
    return nets[0], nets[1]


def matched(one: Mapping[str, Array], other: Mapping[str, Array]) -> list[tuple[str, Array, Array]] | None:
    """(name, first, second) of two answers: by keys where both have the same, else in order; None for other counts."""
    if len(one) != len(other):
        return None
    theirs = [other[name] for name in one] if set(one) == set(other) else list(other.values())
    return [(name or "output", a, b) for (name, a), b in zip(one.items(), theirs, strict=True)]
