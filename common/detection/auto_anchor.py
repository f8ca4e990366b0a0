"""Anchors for a data set, as YOLOv5's authors find them: what a given set is worth, k-means, and a genetic search.

Between a box and an anchor stands a ratio from 0 to 1: the smallest of w / a, a / w, h / b and b / h. A box can be
learned where its best ratio is above 1 / `limit`. k-means is Lloyd's in NumPy, over sizes divided by their standard
deviations, where SciPy's is the authors'; a centre that nothing is near to stays where it is. Every draw is an
argument. Sizes are widths and heights (n, 2) in pixels of the network's input.
"""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np

from ..errors import DiptychError
from ..spec import Array
from .detector import Detector

LIMIT = 4.0
ENOUGH = 0.98
"""From this best possible recall on the anchors that there are stay."""
SMALLEST = 2.0
"""Pixels: smaller boxes are no guide, and no anchor becomes smaller."""
RESTARTS, ROUNDS, GENERATIONS = 30, 300, 1000
MUTATED, SPREAD, FACTORS = 0.9, 0.1, (0.3, 3.0)


class Mutations(NamedTuple):
    """The draws of a search: even numbers (G, k, 2) and (G,) from 0 to 1, and normal ones (G, k, 2)."""

    chance: Array
    amount: Array
    normal: Array


class Fitted(NamedTuple):
    """Anchors (k, 2) by area, their best possible recall and fitness, and whether they are those that were given."""

    anchors: Array
    recall: float
    fitness: float
    kept: bool


def recall(sizes: Array, anchors: Array, limit: float = LIMIT) -> float:
    """The best possible recall: the share of boxes that an anchor is near to.

    >>> recall(np.array([[10.0, 10], [40, 10], [80, 80]]), np.array([[20.0, 20]]))
    0.6666666666666666
    """
    return float((_best(sizes, anchors) > 1 / limit).mean())


def fitness(sizes: Array, anchors: Array, limit: float = LIMIT) -> float:
    """The mean of the best ratios, of which those of boxes that cannot be learned count as 0.

    >>> fitness(np.array([[10.0, 10], [40, 10], [80, 80]]), np.array([[20.0, 20]]))
    0.3333333333333333
    """
    best = _best(sizes, anchors)
    return float((best * (best > 1 / limit)).mean())


def draw_starts(source: np.random.Generator, sizes: int, count: int, restarts: int = RESTARTS) -> Array:
    """Of each restart the places (restarts, count) of the boxes that k-means begins with, each another."""
    return np.stack([source.permutation(sizes)[:count] for _ in range(restarts)])


def draw_mutations(source: np.random.Generator, count: int, generations: int = GENERATIONS) -> Mutations:
    """The draws of a search for so many anchors."""
    shape = (generations, count, 2)
    return Mutations(source.random(shape), source.random(generations), source.normal(size=shape))


def k_means(sizes: Array, starts: Array, rounds: int = ROUNDS) -> Array:
    """The centres (k, 2), by area, of the restart whose boxes are nearest to theirs; `starts` as drawn.

    Raises DiptychError for fewer boxes than centres.
    """
    _require(sizes, starts.shape[1])
    spread = sizes.std(0)
    spread = np.where(spread > 0, spread, 1.0)
    points = sizes / spread
    found = [_lloyd(points, points[places], rounds) for places in starts]
    return _by_area(min(found, key=lambda one: one[1])[0] * spread)


def evolve(sizes: Array, anchors: Array, mutations: Mutations, limit: float = LIMIT) -> Array:
    """Anchors, by area, after a search: of each mutant and its parent the fitter goes on, of equals the parent.

    Each side whose chance is below 0.9 is multiplied by 1 + amount times normal / 10, by 0.3 at least and 3 at most.
    """
    _require(sizes, len(anchors))
    best = fitness(sizes, anchors, limit)
    for chance, amount, normal in zip(*mutations, strict=True):
        factor = np.clip(1 + (chance < MUTATED) * amount * normal * SPREAD, *FACTORS)
        mutant = np.maximum(anchors * factor, SMALLEST)
        value = fitness(sizes, mutant, limit)
        if value > best:
            anchors, best = mutant, value
    return _by_area(anchors)


def fit_anchors(
    sizes: Array,
    given: Array,
    source: np.random.Generator,
    limit: float = LIMIT,
    generations: int = GENERATIONS,
    enough: float = ENOUGH,
) -> Fitted:
    """The given anchors (k, 2) where their best possible recall is above `enough`, else as many of the sizes' own.

    Boxes without a side of 2 pixels are left out of the search, and its anchors are taken where their recall is not
    lower. Raises DiptychError for sizes that are no numbers above 0, and for fewer boxes than anchors.
    """
    _require(sizes, 1)
    before = recall(sizes, given, limit)
    if before <= enough:
        large = sizes[(sizes >= SMALLEST).any(1)]
        _require(large, len(given))
        centres = k_means(large, draw_starts(source, len(large), len(given)))
        made = evolve(large, centres, draw_mutations(source, len(given), generations), limit)
        after = recall(sizes, made, limit)
        if after >= before:
            return Fitted(made, after, fitness(sizes, made, limit), False)
    return Fitted(_by_area(given), before, fitness(sizes, given, limit), True)


def with_anchors(detector: Detector, anchors: Array) -> Detector:
    """A detector with other anchors: by area, the smallest at the smallest stride, as many at each level as before.

    Raises DiptychError for another number of them.
    """
    counts = [len(level.anchors) for level in detector.levels]
    if anchors.shape != (sum(counts), 2):
        raise DiptychError(f"the detector has {sum(counts)} anchors (width, height), and was given {anchors.shape}")
    rest = [(float(w), float(h)) for w, h in _by_area(anchors)]
    levels = list(detector.levels)
    for place in sorted(range(len(levels)), key=lambda place: levels[place].stride):
        levels[place] = dataclasses.replace(levels[place], anchors=tuple(rest[: counts[place]]))
        del rest[: counts[place]]
    return dataclasses.replace(detector, levels=tuple(levels))


def _best(sizes: Array, anchors: Array) -> Array:
    quotient = sizes[:, None] / anchors
    best: Array = np.minimum(quotient, 1 / quotient).min(2).max(1)
    return best


def _lloyd(points: Array, centres: Array, rounds: int) -> tuple[Array, float]:
    """(the centres after so many rounds or when nothing moves, the mean distance to the nearest)."""
    nearest = np.full(len(points), -1)
    distance = np.zeros(len(points))
    for _ in range(rounds):
        apart = ((points[:, None] - centres) ** 2).sum(2)
        before, nearest = nearest, apart.argmin(1)
        distance = np.sqrt(apart.min(1))
        if (before == nearest).all():
            break
        counts = np.bincount(nearest, minlength=len(centres))[:, None]
        sums = np.stack([np.bincount(nearest, points[:, axis], len(centres)) for axis in (0, 1)], 1)
        centres = np.where(counts > 0, sums / np.maximum(counts, 1), centres)
    return centres, float(distance.mean())


def _by_area(anchors: Array) -> Array:
    found: Array = anchors[anchors.prod(1).argsort(kind="stable")]
    return found


def _require(sizes: Array, count: int) -> None:
    if sizes.ndim != 2 or sizes.shape[1] != 2 or not (np.isfinite(sizes).all() and (sizes > 0).all()):
        raise DiptychError("sizes are finite widths and heights (n, 2) above 0: leave out boxes of no area")
    if len(sizes) < count:
        raise DiptychError(f"{len(sizes)} boxes are too few for {count} anchors; give as many boxes or more")
