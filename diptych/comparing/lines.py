"""The lines of both sides' own code that a finding is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..checking.case import Finding
from ..common.comparing.flow import Flow
from .pair import Pair
from .seen import last_node
from .sides import Side

KINDS = ("gradient of ", "statistic ")
"""What stands before the name of a weight in a finding."""
LONE = 2
"""How many steps without a partner are told of either side."""


def located(pair: Pair, found: Finding | str) -> Finding | str:
    """What a gate found; of one that failed with the lines of what it names, or else of where the layers part."""
    departed, pair.departed = pair.departed, None
    if isinstance(found, str) or found.passed:
        return found
    told = [*_of_steps(pair, found.where)] or [*_of_layers(pair, departed)]
    return replace(found, lines=tuple(dict.fromkeys(told)))


def line(side: Side, path: str, words: str = "") -> str:
    """A layer of a side, after these words, and where it stands in its code, or what it is."""
    known = side.exact.lines.get(path) if side.read is None else side.read.lines.get(path)
    if known is None and side.read is not None:
        known = next((f"{path} ({node.kind})" for node in side.read.net.nodes if node.path == path), None)
    if known is None:
        return f"{side.label}: {words}{path}"
    return f"{side.label}: {words}{known if known.startswith(f'{path} (') else f'{path}, {known}'}"


def _of_steps(pair: Pair, where: str) -> Iterator[str]:
    """The lines of a pair of steps of that path, or with a weight of that name, and of the lone steps before it."""
    name = where
    for kind in KINDS:
        name = name.removeprefix(kind)
    if pair.read is None or not name:
        return
    found = pair.alignment
    places = _place(found.one, name), _place(found.other, name)
    at = next((at for at, (a, b) in enumerate(found.pairs) if a is not None and a == places[0]), None)
    if at is None:
        at = next((at for at, (a, b) in enumerate(found.pairs) if b is not None and b == places[1]), None)
    if at is None:
        yield from (line(side, name) for side in pair.both if side.read and name in side.read.lines)
        return
    yield from _lines(pair, found.pairs[at])
    yield from _beside(pair, at)
    before = at
    while before and None in found.pairs[before - 1] and at - before < LONE:
        before -= 1
    for item in found.pairs[before:at]:
        yield from _lines(pair, item)


def _beside(pair: Pair, at: int) -> Iterator[str]:
    """Of a lone step, where the other side lacks it: before the partner of the next that has one."""
    pairs, flows = pair.alignment.pairs, (pair.alignment.one, pair.alignment.other)
    if None not in pairs[at]:
        return
    lacking = pairs[at].index(None)
    following = next((item[lacking] for item in pairs[at + 1 :] if None not in item), None)
    if following is not None:
        yield line(pair.both[lacking], flows[lacking].steps[following].path, "before ")


def _place(flow: Flow, name: str) -> int | None:
    """The step of a path, or of a weight."""
    named = (at for at, step in enumerate(flow.steps) if name == step.path or name in step.node.own_weights().values())
    return next(named, None)


def _lines(pair: Pair, places: tuple[int | None, int | None]) -> Iterator[str]:
    flows = pair.alignment.one, pair.alignment.other
    for side, flow, place in zip(pair.both, flows, places, strict=True):
        if place is not None:
            yield line(side, flow.steps[place].path)


def _of_layers(pair: Pair, departed: tuple[str, str] | None) -> Iterator[str]:
    """The lines of two layers that were seen to part while they run."""
    for side, name in zip(pair.both, departed or (), strict=False):
        yield line(side, last_node(side.read, name) if side.read else name)
