"""Why a pair of steps parts: the settings and weights of the second are changed to the first's, one after the other.

What restores parity is the cause. A change is tried on the step alone, with what the first network read there, so that
trying them all takes little time.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

import numpy as np

from ..compare import FLOAT64_TOLERANCE
from ..expr import plain
from ..op import Op
from ..spec import Array
from .flow import Step
from .parting import Parting, Partings, apart
from .weight_causes import CHANGES, close


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
        return [*_order(part, found), *_alone(part, found)] or [Cause("inputs", *_reads(part, found), False)]
    one, other = found.one.steps[part.one], found.other.steps[part.other]
    for way in (_without, _kinds, _settings, _weights, _both):
        if known := list(way(part, found, one, other)):
            return known
    return list(_alone(part, found))


def _holds(
    part: Parting, op: Op, step: Step, weights: Mapping[str, Array], inputs: tuple[Array, ...] | None = None
) -> bool:
    """Whether an op in the place of a step gives what the first network does, of its own inputs or of the first's."""
    changed = replace(step, node=replace(step.node, op=op))
    every = (part.inputs,) if inputs is None else (inputs, part.inputs)
    return any(apart(Partings._run(changed, weights, given), part.answer) <= FLOAT64_TOLERANCE
               for given in every if len(given) == len(step.node.in_shapes))  # fmt: skip


def _without(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """Steps that one side has and the other lacks: without them both agree."""
    every = [(0, place) for place in part.alone[0]] + [(1, place) for place in part.alone[1]]
    every = [(side, place) for side, place in every if (found.one, found.other)[side].steps[place].inputs]
    of_one = [[item for item in every if item[0] == side] for side in (0, 1)]
    for chosen in [*([item] for item in every), *(items for items in of_one if len(items) > 1), every]:
        ours, theirs = (frozenset(place for side, place in chosen if side == own) for own in (0, 1))
        if chosen and found.changed(part, ours, theirs):
            yield from (_lone(found, side, place) for side, place in chosen)
            return


def _lone(found: Partings, side: int, place: int) -> Cause:
    step = (found.one, found.other)[side].steps[place]
    told = f"{words(step.node.op)} ({step.path})"
    return Cause("additional", "nothing", told) if side else Cause("missing", told, "nothing")


def _own(step: Step, weights: Mapping[str, Array]) -> dict[str, Array]:
    return {own: np.asarray(weights[name], np.float64) for own, name in step.node.own_weights().items()}


def _kinds(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """Another op: it takes the weights of the second where it has some of the same names."""
    if one.node.kind != other.node.kind:
        yield Cause("another function", words(one.node.op), words(other.node.op))


def _settings(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """One setting of the first in the second, then all of them."""
    names = differing(one.node.op, other.node.op)
    if one.node.kind != other.node.kind or not names:
        return
    for count in range(1, len(names) + 1):
        for chosen in itertools.combinations(names, count):
            values = {name: plain(getattr(one.node.op, name)) for name in chosen}
            changed = replace(other.node.op, **values)
            if _holds(part, changed, other, _complete(one, other, found), found.own_inputs(part.other)):
                yield from (Cause(name, shown(one.node.op, name), shown(other.node.op, name)) for name in chosen)
                return


def _complete(one: Step, other: Step, found: Partings) -> dict[str, Array]:
    """The weights of the second step, and those of the first under its names where it has none of its own."""
    ours, theirs = _own(one, found.weights[0]), other.node.path
    made = {f"{other.node.owner or theirs}.{name}": array for name, array in ours.items()}
    return {**made, **found.weights[1]}


def _weights(part: Parting, found: Partings, one: Step, other: Step) -> Iterator[Cause]:
    """The weights of the first in the second; then what was done to them."""
    if one.node.kind != other.node.kind:
        return
    ours, theirs = _own(one, found.weights[0]), _own(other, found.weights[1])
    names = [name for name in ours if name in theirs and ours[name].shape == theirs[name].shape]
    wrong = [name for name in names if not np.allclose(ours[name], theirs[name], rtol=1e-9, atol=1e-12)]
    if not wrong:
        return
    given = {**found.weights[1], **{other.node.own_weights()[name]: ours[name] for name in wrong}}
    holds = _holds(part, other.node.op, other, given)
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
        change = next((c for c in CHANGES if c.explains(ours, theirs, name, one.node)), None)
        own, their = one.node.own_weights()[name], other.node.own_weights()[name]
        if change:
            yield Cause(change.words, own, their, holds)
            return
        if twin := _exchanged(found, ours[name], theirs[name], their):
            yield Cause(f"exchanged with {twin}", own, their, holds)
            return
    told = ", ".join(_gap(name, ours[name], theirs[name]) for name in wrong)
    yield Cause(f"other weights ({told})", one.node.path, other.node.path, holds)


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
        pairs = zip(found.one.outputs, found.other.outputs, strict=False)
        if [b for _, b in pairs if b not in found.partner] == []:
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
    return [f.name for f in fields(one) if plain(getattr(one, f.name)) != plain(getattr(other, f.name))]


def shown(op: Op, name: str) -> str:
    """A setting as text."""
    return str(plain(getattr(op, name)))


def words(op: Op) -> str:
    """An op with its settings, those that differ from the default."""
    if op.foreign:
        return str(vars(op)["function"])
    if op.kind == "channel_gather" and vars(op)["indices"] == (2, 1, 0):
        return "channels reversed (RGB against BGR)"
    told = [f"{f.name}={plain(getattr(op, f.name))}" for f in fields(op) if plain(getattr(op, f.name)) != f.default]
    return f"{op.kind}({', '.join(told)})" if told else op.kind
