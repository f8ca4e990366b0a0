"""Where the numbers of a weight that was read stand among those of a model, and the weights that are found there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..spec import Array


@dataclass(frozen=True)
class Places:
    """For each number of a weight its place in one long row: by steps along the axes, which take no memory, or each.

    A kernel that is only turned has steps; one whose columns are in another order has not.

    >>> Places.of(np.array([[4, 6], [5, 7]])).within(np.arange(10.0) / 10)
    array([[0.4, 0.6],
           [0.5, 0.7]])
    """

    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...] = ()
    each: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, where: NDArray[np.int64]) -> Places:
        """The places that an array of them says."""
        first = int(where.flat[0]) if where.size else 0
        ends = [tuple(int(other == axis and size > 1) for other in range(where.ndim))
                for axis, size in enumerate(where.shape)]  # fmt: skip
        steps = tuple(int(where[end]) - first if where.size and any(end) else 0 for end in ends)
        stepped = cls(first, where.shape, steps)
        return stepped if np.array_equal(stepped.array, where) else cls(first, where.shape, each=where)

    @property
    def array(self) -> NDArray[np.int64]:
        """The place of each number."""
        grid = np.full((), self.first)
        for size, step in zip(self.shape, self.steps, strict=True) if self.each is None else ():
            grid = grid[..., None] + step * np.arange(size)
        return grid if self.each is None else self.each

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest place."""
        if self.each is not None:
            return int(self.each.min(initial=self.first)), int(self.each.max(initial=self.first))
        far = [step * (size - 1) for size, step in zip(self.shape, self.steps, strict=True) if size]
        return self.first + sum(min(item, 0) for item in far), self.first + sum(max(item, 0) for item in far)

    def within(self, row: Array, start: int = 0) -> Array:
        """The numbers that stand there in a row whose first place is `start`: a view where there are steps."""
        if self.each is not None or 0 in self.shape:
            return row[(self.each if self.each is not None else np.zeros(self.shape, np.int64)) - start]
        strides = [step * row.strides[0] for step in self.steps]
        return np.lib.stride_tricks.as_strided(row[self.first - start :], self.shape, strides)

    def put(self, row: Array, array: Array, start: int = 0) -> None:
        """Write numbers there, in place, in a row whose first place is `start`."""
        if self.each is not None:
            row[self.each - start] = array
        else:
            self.within(row, start)[...] = array


def laid(
    places: Mapping[str, Places], own: Mapping[str, Array], weights: Mapping[str, Array]
) -> Iterator[tuple[str, Array]]:
    """A model's own arrays in float64 with the numbers of weights in their places, a few at a time.

    A weight may stand in several arrays, which come together then.
    """
    order = {name: turn for turn, name in enumerate(places)}
    waiting = sorted((name for name in places if weights[name].size), key=lambda name: -places[name].bounds[0])
    parts, here, start, at, far = dict[str, Array](), list[str](), 0, 0, -1
    for name, array in own.items():
        parts[name], at = array, at + array.size
        while waiting and places[waiting[-1]].bounds[0] < at:
            here.append(waiting.pop())
            far = max(far, places[here[-1]].bounds[1])
        if far >= at:
            continue
        row = np.concatenate([np.ravel(part) for part in parts.values()], dtype=np.float64)
        for weight in sorted(here, key=order.__getitem__):
            places[weight].put(row, weights[weight], start)
        ends = np.cumsum([part.size for part in parts.values()])[:-1]
        split = np.split(row, ends)
        yield from ((key, item.reshape(part.shape)) for (key, part), item in zip(parts.items(), split, strict=True))
        parts, here, start = {}, [], at


class Placed(Mapping[str, Array]):
    """Weights of a Net out of arrays by a model's own names, each made when it is asked for, in float64.

    `sizes` are the model's own arrays in their order; a weight with a number in an array that `own` lacks is left out.
    """

    def __init__(self, places: Mapping[str, Places], sizes: Mapping[str, int], own: Mapping[str, Array]) -> None:
        self.places, self.own, self.names = places, own, list(sizes)
        self.ends = np.cumsum(list(sizes.values()))
        self.inside = [name for name in places if all(part in own for part in self._parts(name)[0])]

    def _parts(self, name: str) -> tuple[list[str], int]:
        """The own arrays in which its numbers stand, and the place where the first of them begins."""
        low, high = (int(np.searchsorted(self.ends, place, "right")) for place in self.places[name].bounds)
        return self.names[low : high + 1], int(self.ends[low - 1]) if low else 0

    def __getitem__(self, name: str) -> Array:
        names, start = self._parts(name)
        if len(names) == 1:
            row = np.ravel(self.own[names[0]])
        else:
            row = np.concatenate([np.ravel(self.own[part]) for part in names])
        return np.asarray(self.places[name].within(row, start), np.float64)

    def __iter__(self) -> Iterator[str]:
        return iter(self.inside)

    def __len__(self) -> int:
        return len(self.inside)

    def __contains__(self, name: object) -> bool:
        return name in self.places and name in self._known

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.inside)
