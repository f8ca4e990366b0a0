"""Where two models part by what their own layers hand on: for what no reading shows, and for training.

Layers that belong together are those that were read as a pair; without a reading those of one name, and else those
that hold weights, in the order in which they are called.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..common.comparing.apart import apart
from ..common.comparing.flow import Step
from ..common.comparing.given import Given
from ..common.importing.imported import Imported
from ..common.spec import Array
from .by_numbers import holders
from .pair import Pair
from .sides import Images, Side

CLOSE = 1e-7
EXACT = 1e-9
LOW = 1e-4
NARROW = 1e-3
"""Relative: what may lie between layers in float64, in float32, and in training where one side is of float32.

Measured in float32 over the right pairs of the tests and nine imported models: 1.5e-5 at most between layers in
evaluation, 4.9e-5 in training (both MobileNetV2), where outputs were 4.1e-5 apart. Half precision rounds by 5e-4.
"""


@dataclass(frozen=True)
class Departure:
    """The first layer that hands on something else, its partner, the last layer that agrees, and how many do.

    `factor` is how many times as large what the first hands on is, where that is all.
    """

    one: str
    other: str
    gap: float
    before: str
    count: int
    factor: float | None = None


def exact(side: Side, images: Images) -> Given:
    """What of a side is asked at images of this size."""
    return side.exact.at(*images.shape[1:]) or side.exact


def departure(pair: Pair, images: Images, training: bool = False, low: bool = False) -> Departure | None:
    """The first pair of layers, in the order of the first model, that part; None where none does.

    With `low` they are those of the models in less than float64.
    """
    at = pair.low if low else [exact(side, images) for side in pair.both]
    ours, theirs = (given.seen(images.values, training) for given in at)
    bound = LOW if low else max(EXACT, pair.bound) if pair.exact else NARROW
    before, count = "the image", 0
    for mine, other in _partners(pair, ours, theirs):
        if (gap := _gap(ours[mine], theirs[other])) > bound:
            pair.departed = (mine, other)
            factor = ratio(ours[mine], theirs[other]) if ours[mine].size == theirs[other].size else None
            return Departure(mine, other, gap, before, count, factor)
        before, count = mine, count + 1
    return None


def layers(pair: Pair, images: Images, low: bool) -> Iterator[tuple[str, str, Array, Array, float]]:
    """All pairs of layers, in the order of the first model, with what both hand on, and how far that is apart.

    With `low` they are those of the models in their own dtypes.
    """
    at = [side.given if low else exact(side, images) for side in pair.both]
    ours, theirs = (given.seen(images.values, training=False) for given in at)
    for mine, other in _partners(pair, ours, theirs):
        yield mine, other, ours[mine], theirs[other], _gap(ours[mine], theirs[other])


def off_meaning(pair: Pair, place: int, values: Mapping[str, Array], images: Images) -> tuple[str, float] | None:
    """The first layer of a side that hands on something else than its node means, and by how much."""
    side = pair.both[place]
    read = pair.known[place]
    bound = max(EXACT, pair.bound) if side.exact.dtype == "float64" else NARROW
    seen = side.exact.seen(images.values, training=False)
    for name, value in seen.items():
        meant = values.get(last_node(read, name, seen))
        if meant is not None and meant.size == value.size and (gap := _gap(value, meant)) > bound:
            return name, gap
    return None


def before(pair: Pair, name: str) -> str:
    """The layer whose value a layer of chance hands on, by the first's name for it; "" where that cannot be seen."""
    for side in pair.both:
        seen = side.exact.seen(pair.images[0].values, training=True)
        own = next((path for path in seen if path.rpartition(".")[2] == name), None)
        if own is None:
            continue
        earlier = [path for path in list(seen)[: list(seen).index(own)] if np.array_equal(seen[path], seen[own])]
        if not earlier or side is pair.one or pair.read is None:
            return earlier[-1] if earlier else ""
        paths = {b.path: a.path for a, b in _steps(pair)}
        return paths.get(last_node(pair.known[1], earlier[-1], seen), "")
    return ""


def _steps(pair: Pair) -> Iterator[tuple[Step, Step]]:
    one, other = pair.alignment.one.steps, pair.alignment.other.steps
    yield from ((one[a], other[b]) for a, b in pair.alignment.partners.items())


def last_node(read: Imported, name: str, layers: Container[str] = ()) -> str:
    """The path of the node whose value a layer hands on: of its activation, where it has one inside.

    A node that is one of the `layers` itself is inside none, though its name begins like another's.
    """
    places = {node.path: place for place, node in enumerate(read.net.nodes)}
    path = name
    while True:
        after = [n.path for n in read.net.nodes if n.path.startswith(f"{name}_") and n.inputs == (places.get(path),)]
        if len(after) != 1 or after[0] in layers:
            return path
        path = after[0]


def _gap(one: Array, other: Array) -> float:
    """How far two values are apart, whichever of them has a ReLU inside."""
    gap = apart(one, other)
    return gap if not np.isfinite(gap) else min(gap, *_rectified(one, other), _flattened(one, other))


def _flattened(one: Array, other: Array) -> float:
    """The gap of two vectors whose numbers stand in other orders, as a flattened map's do in the two frameworks."""
    ours, theirs = (np.sort(value, axis=1) if value.ndim == 2 else None for value in (one, other))
    return float("inf") if ours is None or theirs is None else apart(ours, theirs)


def ratio(one: Array, other: Array) -> float | None:
    """The number by which one is a multiple of the other, if it is one and not 1."""
    one, other = np.asarray(one, np.float64).reshape(other.shape), np.asarray(other, np.float64)
    norm = float((other * other).sum())
    if not 0 < norm < np.inf:
        return None
    factor = float((one * other).sum()) / norm
    fits = np.allclose(one, factor * other, rtol=1e-6, atol=1e-9 * np.sqrt(norm))
    return factor if fits and abs(factor) > CLOSE and abs(factor - 1) > CLOSE else None


def _rectified(one: Array, other: Array) -> Iterator[float]:
    for a, b in ((one, other), (other, one)):
        yield apart(np.maximum(a, 0), b) if a.min() < 0 <= b.min() else float("inf")


def _partners(pair: Pair, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> list[tuple[str, str]]:
    if pair.read is not None:
        return list(_aligned(pair, ours, theirs))
    for same in (str.__eq__, _ends):
        found = list(_named(ours, theirs, same))
        if len(found) * 2 >= min(len(ours), len(theirs)):
            return found
    return list(_in_order(pair, ours, theirs))


def _named(ours: Iterable[str], theirs: Iterable[str], same: Callable[[str, str], bool]) -> Iterator[tuple[str, str]]:
    """Each layer of the first with the one of the second whose name is the same in some way, and nearest in length."""
    plain = {_plain(name): name for name in theirs}
    for name in ours:
        found = [key for key in plain if same(_plain(name), key)]
        if found:
            yield name, plain[min(found, key=lambda key: abs(len(key) - len(_plain(name))))]


def _ends(one: str, other: str) -> bool:
    """Whether a name is the end of the other: of a layer in a model that is a part of another one."""
    named = min(one, other, key=len).upper() != min(one, other, key=len)  # more than numbers
    return named and (one.endswith(f"_{other}") or other.endswith(f"_{one}"))


def _aligned(pair: Pair, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    one, other = pair.known
    pairs = {mine.path: (mine, theirs) for mine, theirs in _steps(pair)}
    names = {last_node(other, name, theirs): name for name in theirs}
    for name in ours:
        mine, step = pairs.get(last_node(one, name, ours), (None, None))
        partner = names.get(step.path) if step else None
        if mine and step and partner is not None and _of(mine, ours[name]) and _of(step, theirs[partner]):
            yield name, partner


def _of(step: Step, value: Array) -> bool:
    """Whether a value has as many numbers for each image as a step answers with: layers and steps may share names."""
    return value.size == len(value) * math.prod(map(int, step.node.shape))


def _in_order(pair: Pair, ours: Mapping[str, Array], theirs: Mapping[str, Array]) -> Iterator[tuple[str, str]]:
    """Layers with weights of their own: of the same numbers, or in order where both call as many."""
    weights = [dict(side.given.weights()) for side in pair.both]
    inside = {name: _holder(name) for own in weights for name in own}
    same = {mine: other for mine, other in holders(weights[0], weights[1], inside) if mine in ours and other in theirs}
    if len(same) * 2 > min(len(_holders(side)) for side in pair.both):
        yield from ((name, same[name]) for name in ours if name in same)
        return
    held = [[n for n in seen if n in _holders(side)] for side, seen in zip(pair.both, (ours, theirs), strict=True)]
    if len(held[0]) == len(held[1]):
        yield from zip(*held, strict=True)


def _holders(side: Side) -> set[str]:
    return {_holder(name) for name in side.given.trained()}


def _holder(name: str) -> str:
    """The layer that a weight stands in, by the weight's own name."""
    return re.split(r"[./](?=[^./]*$)", name)[0].replace("/", ".")


def _plain(name: str) -> str:
    return re.sub(r"[^0-9a-z]+", "_", name.lower())
