"""Runs of constructions that differ by a count, written as one loop, as a person would."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..lowering import Comprehension, Function, Make
from .expressions import Block, Numbered, Progression, Star, key

SHORTEST = 3


class _Apart(Exception):
    """Two values differ in more than numbers of one progression."""


def lengths(values: Sequence[Any]) -> list[int]:
    """How many neighbours make one run: blocks that are equal, or whose numbers are in arithmetic progression.

    None is what no run can hold; a block may stand in a pair with its name.

    >>> lengths([Block("A", (64, 2)), Block("A", (96, 2)), Block("A", (128, 2)), Block("B"), Block("B"), None, None])
    [3, 2, 1, 1]
    """
    found: list[int] = []
    while sum(found) < len(values):
        found.append(_run(values[sum(found) :]))
    return found


def folded(values: Sequence[Any]) -> tuple[Any, str]:
    """The values of a run as one of a counter, and the name of the counter; "" for a single one.

    >>> folded([Block("A", (64, 2)), Block("A", (96, 2)), Block("A", (128, 2))])[0].args
    (Progression(first=64, step=32), 2)
    >>> folded(["unit1", "unit2", "unit3"])
    (Numbered(parts=('unit', Progression(first=1, step=1))), 'i')
    """
    if len(values) == 1:
        return values[0], ""
    if key(values[0]) == key(values[1]):
        return values[0], "_"
    return _merged(values), "i"


def comprehended(values: Sequence[Any], alike: Sequence[Any]) -> list[Any]:
    """The values, those of a run as one comprehension; what makes a run is decided by the values in `alike`."""
    found, done = list[Any](), 0
    for length in lengths(alike):
        value, counter = folded(values[done : done + length])
        found.append(run_of(value, counter, length))
        done += length
    return found


def run_of(value: Any, counter: str, length: int) -> Any:
    """An element of a list that stands for a run, or for a single value, which has no counter."""
    return Star(Comprehension(value, counter, Function("range", (length,)))) if counter else value


def numbers(name: str) -> list[str | int]:
    """A name as its texts and numbers; digits after a leading zero are a text.

    >>> numbers("denselayer12"), numbers("7"), numbers("xif5_01")
    (['denselayer', 12], [7], ['xif', 5, '_', '01'])
    """
    texts = ("".join(part) for _, part in itertools.groupby(name, str.isdecimal))
    return [int(text) if text.isdecimal() and text == str(int(text)) else text for text in texts]


def _run(values: Sequence[Any]) -> int:
    """How many of the first values make one run."""
    if values[0] is None:
        return 1
    first = key(values[0])
    length = len(list(itertools.takewhile(lambda value: key(value) == first, values)))
    if length > 1:
        return length
    # Three by three: what goes on as the two before it do goes on as all before it do.
    while length < len(values) and _alike(values[max(length - 2, 0) : length + 1]):
        length += 1
    return length if length >= SHORTEST else 1


def _alike(values: Sequence[Any]) -> bool:
    try:
        _merged(values)
    except _Apart:
        return False
    return True


def _merged(values: Sequence[Any]) -> Any:
    """The values as one of a counter; raises where they differ in more than numbers of one progression."""
    first = values[0]
    if any(type(value) is not type(first) for value in values):
        raise _Apart
    if len({key(value) for value in values}) == 1:
        return first
    if isinstance(first, Block | Function | Make):
        return _construction(values)
    if type(first) is tuple and len({len(value) for value in values}) == 1:
        return tuple(map(_merged, zip(*values, strict=True)))
    if isinstance(first, str):
        return _text(values)
    return _number(values)


def _construction(values: Sequence[Any]) -> Any:
    first = values[0]
    if len({(key(value.target), *value.kwargs) for value in values}) > 1:
        raise _Apart
    kwargs = {name: _merged([value.kwargs[name] for value in values]) for name in first.kwargs}
    return replace(first, args=_merged([value.args for value in values]), kwargs=kwargs)


def _text(values: Sequence[str]) -> Numbered:
    rows = [numbers(value) for value in values]
    if len({len(row) for row in rows}) > 1:
        raise _Apart
    return Numbered(tuple(map(_column, zip(*rows, strict=True))))


def _column(column: Sequence[str | int]) -> str | Progression:
    """The texts or numbers at one place of some names."""
    return str(column[0]) if len(set(column)) == 1 else _number(column)


def _number(values: Sequence[Any]) -> Progression:
    """The counter's number at each place, for plain ints in arithmetic progression."""
    if any(type(value) is not int for value in values):
        raise _Apart
    first, step = values[0], values[1] - values[0]
    if list(values) != [first + step * place for place in range(len(values))]:
        raise _Apart
    return Progression(first, step)
