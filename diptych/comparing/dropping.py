"""The gate of dropout: the same kinds and rates in the same places, and the same branches left out by chance."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from .. import backends
from ..checking.case import Finding
from ..common.comparing.columns import flattens
from ..common.comparing.flow import Flow
from ..common.comparing.given import Dropped
from ..common.listed import known_networks
from ..common.ops.dropout import Dropout
from ..common.spec import Net
from ..common.text import first_few
from .pair import Pair
from .seen import before
from .sides import Side
from .stepping import Steps
from .trained import Untrainable


def dropout(pair: Pair) -> Finding | str:
    """The same rates in the same places."""
    if (paths := _paths(pair)) is not None:
        return paths
    counted = _rates_alone(pair)
    if pair.read is None or isinstance(counted, str) or not counted.passed:
        return counted
    every = [sorted(node.op.rate for node in read.net.nodes if isinstance(node.op, Dropout)) for read in pair.read]
    if every[0] != every[1]:  # of other kinds, which no Net has
        return counted
    path, one, other = _misplaced(pair)
    if path:
        return _other_rates(pair, path, one, other)
    return Finding(True, 0.0, 0.0, "", "", len(every[0]))


def _paths(pair: Pair) -> Finding | None:
    """Stochastic depth of other rates; no Net keeps it, so that beside the build of a network a note alone says so."""
    one, other = (side.given.paths() for side in pair.both)
    alone = next((side for side, found in zip(pair.both, (one, other), strict=True) if not found), None)
    if _rates_of(one) == _rates_of(other) or (alone is not None and _of_network(alone)):
        return None
    pairs = itertools.zip_longest(_rates_of(one), _rates_of(other))
    names = [*(one or other), *other]
    first = next((name for name, (a, b) in zip(names, pairs, strict=False) if a != b), names[0])
    told = [first_few([f"{name} ({rate:g})" for name, rate in found.items()], 3) or "none" for found in (one, other)]
    said = f"stochastic depth: {told[0]} in {pair.one.label}, {told[1]} in {pair.other.label}"
    return Finding(False, 1.0, 0.0, first, said, len(one), cause=said)


def _of_network(side: Side) -> bool:
    """Whether a model was built of a registered network."""
    name = backends.get(side.given.framework).network_of(side.given.model).replace(".", "_")
    return side.given.meaning() is not None or any(name == known.replace(".", "_") for known in known_networks()[0])


def _rates_of(paths: Mapping[str, float]) -> list[float]:
    return [round(rate, 6) for rate in paths.values()]


def _misplaced(pair: Pair) -> tuple[str, list[float] | None, list[float] | None]:
    """The first step whose value goes through other rates, with both; "" where none does."""
    flows = pair.alignment.one, pair.alignment.other
    back = {b: a for a, b in pair.alignment.partners.items()}
    one, other = pair.known
    here = _rates(one.net, flows[0])
    there = {_unflattened(flows[0], back[b]) if b in back else -1 - b: rates
             for b, rates in _rates(other.net, flows[1]).items()}  # fmt: skip
    for place in sorted({*here, *there}, key=abs):
        if here.get(place) != there.get(place):
            path = flows[0].steps[place].path if place >= 0 else flows[1].steps[-1 - place].path
            return path, here.get(place), there.get(place)
    return "", None, None


def _unflattened(flow: Flow, place: int) -> int:
    """The step before a flatten, which dropout may stand on either side of; any other step as it is."""
    while flattens(flow.steps[place].node.op):
        (place,) = flow.steps[place].inputs
    return place


def _rates_alone(pair: Pair) -> Finding | str:
    """All dropout that a step in training meets, whatever its place."""
    steps = Steps(pair, pair.images[0], training=True)
    try:
        every = {place: steps.beside(place, pair.images[0].values).dropouts for place in steps.order}
    except Untrainable:
        return "neither layers nor a step in training can be seen"
    found = [sorted(every[place]) for place in (0, 1)]
    if found[0] != found[1]:
        lone = [*_beyond(*found), *_beyond(*found[::-1])]
        named = next((item.name for item in lone if item.name), "")
        where = _place(pair) or before(pair, named) or named
        told = [" and ".join(map(str, items)) or "none" for items in found]
        said = f"dropout: {told[0]} in {pair.one.label}, {told[1]} in {pair.other.label}"
        return Finding(False, 1.0, 0.0, where, said, len(found[0]), cause=said)
    return Finding(True, 0.0, 0.0, "", "rates were compared, not places", len(found[0]))


def _beyond(one: list[Dropped], other: list[Dropped]) -> list[Dropped]:
    """What one has and the other lacks."""
    left = list(other)
    return [item for item in one if item not in left or left.remove(item)]  # type: ignore[func-returns-value]


def _place(pair: Pair) -> str:
    """The step whose value goes through other rates, as far as Nets say."""
    return "" if pair.read is None else _misplaced(pair)[0]


def _other_rates(pair: Pair, path: str, one: list[float] | None, other: list[float] | None) -> Finding:
    told = [" and ".join(f"{rate:g}" for rate in rates) if rates else "none" for rates in (one, other)]
    said = f"dropout after {path}: {told[0]} in {pair.one.label}, {told[1]} in {pair.other.label}"
    return Finding(False, 1.0, 0.0, path, said, 1, cause=said)


def _rates(net: Net, known: Flow) -> dict[int, list[float]]:
    """Place of a step -> the rates of the dropout that its value goes through."""
    places = {step.path: place for place, step in enumerate(known.steps)}
    found: dict[int, list[float]] = {}
    for node in net.nodes:
        rate = float(vars(node.op).get("rate", 0.0)) if node.kind == "dropout" else 0.0
        source = node
        while (source.path not in places or flattens(source.op)) and source.inputs:
            source = net.nodes[source.inputs[0]]
        if rate and source.path in places:
            found.setdefault(places[source.path], []).append(rate)
    return {place: sorted(rates) for place, rates in found.items()}
