"""Why a pair of steps parts: the settings and weights of the second are changed to the first's, one after the other.

What restores parity is the cause. A change is tried on the step alone, with what the first network read there, so that
trying them all takes little time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np

from ..compare import FLOAT64_TOLERANCE
from ..expr import plain
from ..op import Op
from ..spec import Array
from .align import alike, dense
from .apart import apart
from .columns import flattens, order
from .flow import Step
from .parting import Parting, Partings
from .rounding import FLOAT32
from .weight_causes import CHANGES, close

OTHER_WEIGHTS = "other weights"


@dataclass(frozen=True)
class Cause:
    """What makes a pair part: the kind of fault, both sides of it, and whether taking it out restores parity."""

    kind: str
    one: str
    other: str
    restores: bool = True

    def __str__(self) -> str:
        return f"{self.kind}: {self.one} against {self.other}"


def causes(part: Parting, found: Partings) -> list[Cause]:
    """What was found to make a pair part; empty where nothing that was tried restores parity."""
    if part.kind != "op":
        lone = [(side, place) for side in (0, 1) for place in part.alone[side]]
        instead = _exchange(found, lone) or list(_alone(part, found))
        return [*_order(part, found), *instead] or [Cause("inputs", *_reads(part, found), False)]
    one, other = found.one.steps[part.one], found.other.steps[part.other]
    for way in (_without, _kinds, _settings, _weights, _both):
        if known := list(way(part, found, one, other)):
            return known
    return list(_alone(part, found))


def _holds(
    part: Parting, op: Op, step: Step, weights: Mapping[str, Array], inputs: tuple[Array, ...] | None = None
) -> Literal["", "own", "given"]:
    """Whether an op in the place of a step gives what the first network does, of its "own" inputs or of those "given".

    Those are what the first reads; `inputs` are what the second makes of the same by steps that the first has not.
    """
    changed = replace(step, node=replace(step.node, op=op))
    ways: dict[Literal["own", "given"], tuple[Array, ...] | None] = {"own": inputs, "given": part.inputs}
    for way, given in ways.items():
        fits = given is not None and len(given) == len(step.node.in_shapes)
        if fits and apart(Partings._run(changed, weights, given or ()), part.answer) <= FLOAT64_TOLERANCE:
            return way
    return ""


def _without(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """Steps that one side has and the other lacks: without them both agree."""
    every = [(0, place) for place in part.alone[0]] + [(1, place) for place in part.alone[1]]
    every = [(side, place) for side, place in every if (found.one, found.other)[side].steps[place].inputs]
    of_one = [[item for item in every if item[0] == side] for side in (0, 1)]
    for chosen in [*([item] for item in every), *(items for items in of_one if len(items) > 1), every]:
        ours, theirs = (frozenset(place for side, place in chosen if side == own) for own in (0, 1))
        if chosen and found.changed(part, ours, theirs):
            yield from _exchange(found, chosen) or (_lone(found, side, place) for side, place in chosen)
            return


def _exchange(found: Partings, chosen: list[tuple[int, int]]) -> list[Cause]:
    """One step of either side that stand for each other."""
    if [side for side, _ in chosen] != [0, 1]:
        return []
    one, other = (flow.steps[place] for flow, (_, place) in zip((found.one, found.other), chosen, strict=True))
    if flattens(one.node.op) and flattens(other.node.op):
        return [Cause("flatten order", order(one.node.op), order(other.node.op))]
    return [Cause("another function", words(one.node.op), words(other.node.op))]


def _lone(found: Partings, side: int, place: int) -> Cause:
    step = (found.one, found.other)[side].steps[place]
    told = f"{words(step.node.op)} ({step.path})"
    return Cause("additional", "nothing", told) if side else Cause("missing", told, "nothing")


def _own(step: Step, weights: Mapping[str, Array]) -> dict[str, Array]:
    own = {own: np.asarray(weights[name], np.float64) for own, name in step.node.own_weights().items()}
    return {name: array.reshape(len(array), -1) if array.ndim > 1 and dense(step) else array
            for name, array in own.items()}  # fmt: skip


def _kinds(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """Another op: it takes the weights of the second where it has some of the same names."""
    if not alike(one, other):
        yield Cause("another function", _several(part, found, 0), _several(part, found, 1))


def _several(part: Parting, found: Partings, side: int) -> str:
    """The step of a side in words, with those around it that have no partner: they may write out one of the other."""
    flow, place = (found.one, part.one) if side == 0 else (found.other, part.other)
    paired = (set(found.partner) if side else set(found.partner.values())) - {place}
    first = max((item for item in paired if item < place), default=0) + 1
    last = min((item for item in paired if item > place), default=len(flow.steps))
    return ", ".join(words(flow.steps[item].node.op) for item in range(first, last))


def _settings(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """One setting of the first in the second, then all of them."""
    names = differing(one.node.op, other.node.op)
    if one.node.kind != other.node.kind or not names:
        return
    for count in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, count):
            values = {name: plain(getattr(one.node.op, name)) for name in chosen}
            changed = replace(other.node.op, **values)
            own = found.own_inputs(part.other)
            if way := _holds(part, changed, other, _complete(one, other, found), own):
                yield from (Cause(name, shown(one.node.op, name), shown(other.node.op, name)) for name in chosen)
                yield from _alone(part, found) if way == "given" and any(part.alone) else ()
                return


def _complete(one: Step, other: Step, found: Partings) -> dict[str, Array]:
    """The weights of the second step, and those of the first under its names where it has none of its own."""
    ours, theirs = _own(one, found.weights[0]), other.node.path
    made = {f"{other.node.owner or theirs}.{name}": array for name, array in ours.items()}
    return {**made, **found.weights[1]}


def _weights(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """The weights of the first in the second; then what was done to them."""
    if not alike(one, other):
        return
    ours, theirs = _own(one, found.weights[0]), _own(other, found.weights[1])
    names = [name for name in ours if name in theirs and ours[name].shape == theirs[name].shape]
    wrong = [name for name in names if not np.allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-12)]
    if not wrong:
        return
    given = {
        **found.weights[1],
        **{(own := other.node.own_weights()[name]): ours[name].reshape(found.weights[1][own].shape) for name in wrong},
    }
    holds = bool(_holds(part, other.node.op, other, given))
    if not holds:
        for name in differing(one.node.op, other.node.op):
            yield Cause(name, shown(one.node.op, name), shown(other.node.op, name), False)
    yield from _changed(found, one, other, ours, theirs, wrong, holds)


def _changed(
    found: Partings,
    one: Step,
    other: Step,
    ours: dict[str, Array],
    theirs: dict[str, Array],
    wrong: list[str],
    holds: bool,
) -> Iterator[Cause]:
    for name in wrong:
        near = close(ours[name], theirs[name])  # so that any order of them would be
        change = None if near else next((c for c in CHANGES if c.explains(ours, theirs, name, one.node)), None)
        own, their = one.node.own_weights()[name], other.node.own_weights()[name]
        if change is None and (change := next((c for c in CHANGES if c.explains(theirs, ours, name, one.node)), None)):
            own = f"{own} (which is the one that was changed)"
        if change:
            yield Cause(change.words, own, their, holds)
            return
        if twin := _exchanged(found, ours[name], theirs[name], their):
            yield Cause(f"exchanged with {twin}", own, their, holds)
            return
    told = ", ".join(_gap(name, ours[name], theirs[name]) for name in wrong)
    yield Cause(f"{OTHER_WEIGHTS} ({told})", one.node.path, other.node.path, holds)


def _gap(name: str, ours: Array, theirs: Array) -> str:
    count = int((ours != theirs).sum())
    return f"{name} {apart(theirs[None], ours[None]):.1e}, {count:,} of {ours.size:,} numbers"


def _exchanged(found: Partings, ours: Array, theirs: Array, name: str) -> str:
    """The weight of the first that the second has here, if it is another one of the same shape."""
    for other, array in found.weights[0].items():
        if close(array, theirs) and not close(array, ours):
            return other
    return ""


def _both(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """Settings and weights, of which neither suffices alone."""
    names = differing(one.node.op, other.node.op)
    if one.node.kind == other.node.kind and names:
        yield from (Cause(name, shown(one.node.op, name), shown(other.node.op, name), False) for name in names)


def _order(part: Parting, found: Partings) -> Iterator[Cause]:
    """The same inputs in another order, or the same outputs."""
    if part.kind == "outputs":
        theirs = [found.partner.get(item) for item in found.other.outputs]
        if len(theirs) > 1 and {*theirs} == {*found.one.outputs}:
            yield Cause("order of outputs", found.one.steps[part.one].path, found.other.steps[part.other].path)
        return
    ours = list(found.one.steps[part.one].inputs)
    theirs = [found.partner.get(item) for item in found.other.steps[part.other].inputs]
    if ours != theirs and sorted(ours) == sorted(item for item in theirs if item is not None):
        yield Cause("order of inputs", *_reads(part, found))


def _reads(part: Parting, found: Partings) -> tuple[str, str]:
    one, other = found.one.steps[part.one], found.other.steps[part.other]
    return (
        ", ".join(found.one.steps[item].path for item in one.inputs),
        ", ".join(found.other.steps[item].path for item in other.inputs),
    )


def _alone(part: Parting, found: Partings) -> Iterator[Cause]:
    """Steps that one side has and the other lacks."""
    for side in (0, 1):
        yield from (_lone(found, side, place) for place in part.alone[side])


def differing(one: Op, other: Op) -> list[str]:
    """The names of the settings in which two ops of one kind differ."""
    if type(one) is not type(other):
        return []
    return [f.name for f in fields(one) if not _equal(plain(getattr(one, f.name)), plain(getattr(other, f.name)))]


def _equal(one: object, other: object) -> bool:
    """Whether two settings are the same; a number that is kept in float32 is itself (0.1, 1 - 0.9)."""
    if isinstance(one, float) and isinstance(other, float):
        return one == other or abs(one - other) <= FLOAT32 * abs(other)
    return one == other


def shown(op: Op, name: str) -> str:
    """A setting as text."""
    return _text(plain(getattr(op, name)))


def _text(value: object) -> str:
    """A value as people write it: 0.9 for 0.8999999761581421."""
    return repr(float(f"{value:.7g}")) if isinstance(value, float) else str(value)


def words(op: Op) -> str:
    """An op with its settings: the only one that it has, or those that differ from the default."""
    if op.foreign:
        return str(vars(op)["function"])
    if op.kind == "channel_gather" and vars(op)["indices"] == (2, 1, 0):
        return "channels reversed (RGB against BGR)"
    told = [f"{f.name}={shown(op, f.name)}" for f in fields(op)
            if len(fields(op)) == 1 or plain(getattr(op, f.name)) != f.default]  # fmt: skip
    return f"{op.kind}({', '.join(told)})" if told else op.kind
