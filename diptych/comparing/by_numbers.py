"""Weights of two models that belong together by their numbers alone: for models that cannot be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..common.spec import Array

Group = tuple[list[str], list[str]]


def groups(one: Mapping[str, Array], other: Mapping[str, Array]) -> list[Group]:
    """The names of arrays that have the same numbers in whatever order, as many on either side; one of each at best.

    >>> kernel = np.arange(6.0).reshape(2, 3)
    >>> groups({"a.weight": kernel, "a.bias": np.zeros(2)}, {"b/kernel": kernel.T, "b/bias": np.ones(2)})
    [(['a.weight'], ['b/kernel'])]
    """
    known = _by_numbers(one), _by_numbers(other)
    found = [(names, known[1][key]) for key, names in known[0].items() if key in known[1]]
    return [(mine, theirs) for mine, theirs in found if len(mine) == len(theirs)]


def _by_numbers(given: Mapping[str, Array]) -> dict[bytes, list[str]]:
    found = defaultdict[bytes, list[str]](list)
    for name, array in given.items():
        if array.size and array.dtype.kind == "f":
            found[np.sort(array.astype(np.float64), axis=None).tobytes()].append(name)
    return found


def alike(
    names: Group, weights: tuple[Mapping[str, Array], Mapping[str, Array]], arrays: tuple[Mapping[str, Array], ...]
) -> tuple[Array, Array] | None:
    """The gradients of a group's weights in one order for both sides; None where one side has none of one.

    A number of a gradient belongs to the number of the weight. Where weights have one number several times, such as
    zeros, gradients are held to each other by size.
    """
    if any(name not in found for own, found in zip(names, arrays, strict=True) for name in own):
        return None
    if len(names[0]) == 1:
        (mine,), (theirs,) = names
        one, other = (w[name].ravel() for w, name in zip(weights, (mine, theirs), strict=True))
        if len(np.unique(one)) == one.size:
            return arrays[0][mine].ravel()[np.argsort(one)], arrays[1][theirs].ravel()[np.argsort(other)]
    ours, others = (_sorted([found[name] for name in own]) for own, found in zip(names, arrays, strict=True))
    return ours, others


def _sorted(arrays: Sequence[Array]) -> Array:
    """All numbers of arrays of one size: sorted in each, and the arrays by their largest number."""
    return np.concatenate(sorted((np.sort(array, axis=None) for array in arrays), key=lambda a: float(np.abs(a).max())))


def holders(
    one: Mapping[str, Array], other: Mapping[str, Array], holder: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Pairs of layers that hold the same numbers; `holder` says of each array in which layer it is."""
    known = set[str]()
    for mine, theirs in groups(one, other):
        if len(mine) == 1 and holder[mine[0]] not in known:
            known.add(holder[mine[0]])
            yield holder[mine[0]], holder[theirs[0]]
