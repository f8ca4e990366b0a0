"""Where two flows part: each step of the second is given what the first computed, so that no fault hides another.

The first network is the reference. Its values, from NumPy in float64, go into every step of the second in turn: a step
whose answer differs is a fault of its own, not one that is handed on, and rounding has no room to grow.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .. import reference
from ..compare import FLOAT64_TOLERANCE
from ..errors import DiptychError
from ..spec import Array
from ..weights import Weights
from .align import Alignment
from .apart import apart, apart_by_channel
from .flow import Flow, Step

SEVERAL = 10
"""How many steps further one looks for the last of several that together are one of the other side."""
Kind = Literal["op", "wiring", "outputs"]


@dataclass(frozen=True)
class Parting:
    """A pair of steps that part though they are given the same: "op" for another function, "wiring" for other inputs.

    `gap` is relative to the largest number of the first one's answer; `inputs` are what the first one reads. `alone`
    are the steps without a partner that stand before it, on either side.
    """

    one: int
    other: int
    kind: Kind
    gap: float
    inputs: tuple[Array, ...]
    answer: Array
    alone: tuple[tuple[int, ...], tuple[int, ...]]


class Unrun(ArithmeticError):
    """A step that does not take what comes before it, though the model does."""


@dataclass
class Partings:
    """The pairs that part, in order, while the first network runs."""

    alignment: Alignment
    weights: tuple[Weights, Weights]
    tolerance: float = FLOAT64_TOLERANCE
    rounding: float = 0.0
    """What steps without weights may be apart by in addition."""

    def __post_init__(self) -> None:
        self.one, self.other = self.alignment.one, self.alignment.other
        self.partner = {b: a for a, b in self.alignment.partners.items()}
        self.values: dict[int, Array] = {}
        self.seen: list[str] = []
        """The steps of the first that were held to their partners, in order."""
        self.gaps: dict[int, float] = {}
        """How far each of them is apart from its partner, given the same."""

    def find(self, x: Array) -> Iterator[Parting]:
        """The partings on a batch x (N, C, H, W)."""
        self.values, self.seen, self.gaps = {0: np.asarray(x, np.float64)}, [], {}
        for a, b in self.alignment.pairs:
            if a is None or a == 0:
                continue
            if a not in self.values:
                self._compute(a)
            if b is not None and self.partner.get(b) == a:
                if (found := self._parting(a, b)) is not None:
                    yield found
                self.seen.append(self.one.steps[a].path)
        yield from self._outputs()

    def _compute(self, a: int) -> None:
        """What a step of the first answers; it takes what it was read with."""
        value = self._run(self.one.steps[a], self.weights[0], self._inputs(a))
        if value is None:
            raise Unrun(f"{self.one.steps[a].path} does not take images of another size")
        self.values[a] = value

    def _inputs(self, a: int) -> tuple[Array, ...]:
        return tuple(self.values[item] for item in self.one.steps[a].inputs)

    def _parting(self, a: int, b: int) -> Parting | None:
        answer, inputs = self.values[a], self._inputs(a)
        self.gaps[a] = gap = apart_by_channel(self._hybrid(b, {}), answer)
        if gap <= self.tolerance:
            return None
        weights = self.one.steps[a].node.weights() or self.other.steps[b].node.weights()
        alone = self._alone(a, b)  # which may hold the constants that are rounded
        if (gap <= self.rounding and (not weights or any(alone))) or self._later(a, b):
            return None
        wired = [self.partner.get(item) for item in self.other.steps[b].inputs] != list(self.one.steps[a].inputs)
        if wired and len(inputs) == len(self.other.steps[b].inputs):
            direct = self._run(self.other.steps[b], self.weights[1], inputs)
            if apart(direct, answer) <= self.tolerance:
                return Parting(a, b, "wiring", gap, inputs, answer, alone)
        return Parting(a, b, "op", gap, inputs, answer, alone)

    def _later(self, a: int, b: int) -> bool:
        """Whether steps without weights are parts of what both write in their own ways; they are no pair, then.

        So are the first of several steps that together are the other side's one, which takes the partner then, and
        those of which the next pair agrees.
        """
        if self._weighted(a, b):
            return False
        return self._joined(a, b) or self._whole(a, b)

    def _joined(self, a: int, b: int) -> bool:
        """Whether a later step of the second is what the first's is, or the next pair agrees of what both are parts."""
        before = self.partner
        self.partner = {place: at for place, at in before.items() if at < a or self._weighted(at, place)}
        found = self._meeting(a, before, self._after(b))
        if found is None:
            self.partner = before
            return False
        loose = self._before(found[0])
        self.partner = {place: at for place, at in before.items() if place not in loose and at != a}
        self.partner[found[0]] = found[1]
        if found[1] == a:
            self.gaps[a] = apart_by_channel(self._hybrid(found[0], {}), self.values[a])
        return True

    def _whole(self, a: int, b: int) -> bool:
        """Whether one is the other's first of several: on the next steps that have no partner, in order."""
        if self.one.steps[a].node.kind == self.other.steps[b].node.kind:
            return False
        before, bound = self.partner.pop(b), max(self.tolerance, self.rounding)
        for place in _after(self.other, b, set(self.partner)):
            if (gap := apart_by_channel(self._hybrid(place, {}), self.values[a])) <= bound:
                self.partner[place], self.gaps[a] = a, gap
                return True
        self.partner[b] = before
        whole = self._hybrid(b, {})
        for place in _after(self.one, a, set(self.partner.values())):
            if apart_by_channel(whole, self._ahead(place)) <= bound:
                self.partner[b] = place
                return True
        return False

    def _meeting(self, a: int, before: Mapping[int, int], after: list[int]) -> tuple[int, int] | None:
        """A step that computes what one of the first does, with that one, or else the next pair that agrees."""
        bound = max(self.tolerance, self.rounding)
        for place in after:
            if place not in self.partner and apart_by_channel(self._hybrid(place, {}), self.values[a]) <= bound:
                return place, a
        for place in after:
            at = before.get(place, 0)
            if at > a and apart_by_channel(self._hybrid(place, {}), self._ahead(at)) <= bound:
                return place, at
        return None

    def _weighted(self, a: int, b: int) -> bool:
        """Whether a pair is one of layers, which nobody writes otherwise."""
        one, other = self.one.steps[a].node, self.other.steps[b].node
        return one.kind == other.kind and bool(one.weights())

    def _before(self, b: int) -> set[int]:
        """The steps of the second of which a step is made, whose partners are of another kind."""
        found, waiting = set[int](), [b]
        while waiting:
            for place in self.other.steps[waiting.pop()].inputs:
                if place not in self.partner and place not in found:
                    found.add(place)
                    waiting.append(place)
        return found

    def unused(self) -> tuple[list[str], list[str]]:
        """The steps without a partner, of each side, that handed on what they were given: no image showed what they do.

        `find` has been run before.
        """
        one, other = self.alignment.one, self.alignment.other
        mine = [a for a, b in self.alignment.pairs if a is not None and b is None and one.steps[a].inputs]
        theirs = [b for a, b in self.alignment.pairs if b is not None and a is None and other.steps[b].inputs]
        ours = [a for a in mine if a in self.values and _same(self.values[a], self.values[one.steps[a].inputs[0]])]
        beside = [b for b in theirs if b not in self.partner and _same(self._hybrid(b, {}), self._given(b))]
        return [one.steps[a].path for a in ours], [other.steps[b].path for b in beside]

    def _given(self, b: int) -> Array | None:
        """What a step of the second reads first."""
        return self._value(self.other.steps[b].inputs[0], {})

    def _after(self, b: int) -> list[int]:
        """The steps of the second that a step leads to by steps without a partner, in order."""
        found, waiting = set[int](), [b]
        while waiting:
            for place in self.other.readers[waiting.pop()]:
                if place not in found:
                    found.add(place)
                    waiting += [] if place in self.partner else [place]
        return sorted(found)

    def _ahead(self, a: int) -> Array:
        """What a later step of the first answers."""
        for place in range(a + 1):
            if place not in self.values:
                self._compute(place)
        return self.values[a]

    def changed(self, part: Parting, ours: frozenset[int], theirs: frozenset[int]) -> bool:
        """Whether a pair agrees where the second has steps of the first before it, and lacks some of its own."""
        made: dict[int, Array | None] = {}
        values = self.values
        self.values = {**values, **{self._source(place, ours): values[place] for place in sorted(ours)}}
        try:
            for place in sorted(theirs):
                made[place] = self._value(self.other.steps[place].inputs[0], made)
            return apart(self._hybrid(part.other, made), part.answer) <= self.tolerance
        finally:
            self.values = values

    def _source(self, a: int, chosen: frozenset[int]) -> int:
        """The step whose value goes through some that were chosen."""
        while a in chosen:
            a = self.one.steps[a].inputs[0]
        return a

    def own_inputs(self, b: int) -> tuple[Array, ...] | None:
        """What a step of the second reads, made of the first's values by its own steps without a partner."""
        known = tuple(v for item in self.other.steps[b].inputs if (v := self._value(item, {})) is not None)
        return known if len(known) == len(self.other.steps[b].inputs) else None

    def _hybrid(self, b: int, made: dict[int, Array | None]) -> Array | None:
        """What a step of the second answers where it reads values of the first; None where it cannot take them."""
        if b not in made:
            given = [self._value(item, made) for item in self.other.steps[b].inputs]
            known = [item for item in given if item is not None]
            made[b] = (
                self._run(self.other.steps[b], self.weights[1], tuple(known)) if len(known) == len(given) else None
            )
        return made[b]

    def _value(self, b: int, made: dict[int, Array | None]) -> Array | None:
        a = self.partner.get(b)
        return self.values.get(a) if a is not None else self._hybrid(b, made)

    def _alone(self, a: int, b: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The steps without a partner right before a pair, on each side."""
        return _between(self.one, a, set(self.partner.values())), _between(self.other, b, set(self.partner))

    def _outputs(self) -> Iterator[Parting]:
        """Outputs that are other steps, or that steps without a partner make."""
        paired = set(self.partner.values()), set(self.partner)
        for a, b in zip(self.one.outputs, self.other.outputs, strict=False):
            if self.partner.get(b) == a:
                continue
            answer = self.values[a]
            gap = apart(self._value(b, {}), answer)
            if gap > self.tolerance:
                alone = _between(self.one, a, paired[0], True), _between(self.other, b, paired[1], True)
                yield Parting(a, b, "outputs", gap, (answer,), answer, alone)

    @staticmethod
    def _run(step: Step, weights: Mapping[str, Array], inputs: tuple[Array, ...]) -> Array | None:
        """What a step answers, for a batch; None where it does not take these."""
        shaped = [_shaped(value, shape) for value, shape in zip(inputs, step.node.in_shapes, strict=True)]
        try:
            with np.errstate(all="ignore"):  # a wrong variance may be negative
                value = reference.step(step.node, weights, *shaped)
        except (ValueError, IndexError, DiptychError):
            return None
        batch = max((len(item) for item in inputs), default=1)
        return np.repeat(value, batch, 0) if len(value) == 1 < batch else value


def _same(one: Array | None, other: Array | None) -> bool:
    return one is not None and other is not None and np.array_equal(one, other)


def _shaped(value: Array, shape: tuple[int, ...]) -> Array:
    """A map (N, C, 1, 1) where a vector is read, or the other way round; anything else as it is."""
    wanted = (len(value), *map(int, shape))
    return value.reshape(wanted) if value.shape != wanted and value.size == np.prod(wanted) else value


def _after(flow: Flow, place: int, paired: set[int]) -> Iterator[int]:
    """The next steps without a partner."""
    return (later for later in range(place + 1, min(place + SEVERAL, len(flow.steps))) if later not in paired)


def _between(flow: Flow, place: int, paired: set[int], itself: bool = False) -> tuple[int, ...]:
    """The steps without a partner on the way back from a step to the next ones that have one."""
    found, waiting = list[int](), [place] if itself else list(flow.steps[place].inputs)
    while waiting:
        item = waiting.pop()
        if item not in paired and item not in found:
            found.append(item)
            waiting.extend(flow.steps[item].inputs)
    return tuple(sorted(found))
