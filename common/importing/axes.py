"""Axes of a value as code sees them after views: each is made of parts of the axes that the value was made with.

An axis is a tuple of atoms, outer before inner. The index on the axis `letter` of the value itself is the sum of the
index on each atom times its stride; so a view, a permutation or a split is another arrangement of the same atoms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

STRETCHED = "*"
"""The letter of an axis that is one number, repeated."""


class Unknown(Exception):
    """What has no meaning in the spec yet; its text says what of it."""


class Atom(NamedTuple):
    """A part of the axis `letter`: its index steps over `stride` numbers, `size` times."""

    letter: str
    stride: int
    size: int


Axis = tuple[Atom, ...]
Axes = tuple[Axis, ...]


def whole(letter: str, size: int) -> Axis:
    """An axis as the value has it; one of length 1 has no atoms."""
    return (Atom(letter, 1, size),) if size != 1 else ()


def length(axis: Axis) -> int:
    """The length of an axis."""
    return math.prod(atom.size for atom in axis)


def shape_of(axes: Axes) -> tuple[int, ...]:
    """The lengths of axes."""
    return tuple(map(length, axes))


def joined(axis: Sequence[Atom]) -> Axis:
    """The axis with atoms that follow each other in one of them.

    >>> joined([Atom("C", 4, 2), Atom("C", 1, 4)])
    (Atom(letter='C', stride=1, size=8),)
    """
    found: list[Atom] = []
    for atom in axis:
        if atom.size == 1:
            continue
        last = found[-1] if found else None
        follows = last and last.letter == atom.letter and last.stride == atom.stride * atom.size
        if last and (follows or last.letter == atom.letter == STRETCHED):
            found[-1] = Atom(atom.letter, atom.stride, atom.size * last.size)
        else:
            found.append(atom)
    return tuple(found)


def reshaped(axes: Axes, shape: Sequence[int]) -> Axes:
    """The axes after a view of another shape; raises Unknown where an axis would begin within an atom.

    >>> reshaped((whole("N", 2), whole("C", 6)), (2, 3, 2))[1:]
    ((Atom(letter='C', stride=2, size=3),), (Atom(letter='C', stride=1, size=2),))
    """
    sizes = list(shape)
    if -1 in sizes:
        known = math.prod(size for size in sizes if size != -1)
        sizes[sizes.index(-1)] = math.prod(shape_of(axes)) // max(known, 1)
    waiting = [atom for axis in axes for atom in axis][::-1]
    return tuple(_taken(waiting, size) for size in sizes)


def _taken(waiting: list[Atom], size: int) -> Axis:
    """The next atoms, up to a length; what is left of the last one waits."""
    found = list[Atom]()
    while size > 1:
        if not waiting:
            raise Unknown("a view of another size")
        letter, stride, has = waiting.pop()
        if size % has == 0:
            found.append(Atom(letter, stride, has))
            size //= has
        elif has % size == 0:
            found.append(Atom(letter, stride * (has // size), size))
            waiting.append(Atom(letter, stride, has // size))
            size = 1
        else:
            raise Unknown("a view that cuts across axes")
    return joined(found)


def places(axis: Axis) -> tuple[int, ...]:
    """The index on the value's own axis of each place of an axis of one letter.

    >>> places((Atom("C", 1, 2), Atom("C", 2, 2)))
    (0, 2, 1, 3)
    """
    found = np.zeros(1, int)
    for atom in axis:
        found = (found[:, None] + np.arange(atom.size) * atom.stride).reshape(-1)
    return tuple(map(int, found))


def letters(axis: Axis) -> str:
    """The letters of an axis, each once."""
    return "".join(dict.fromkeys(atom.letter for atom in axis))


def only(axis: Axis, letter: str) -> bool:
    """Whether an axis is made of parts of one axis of the value; one of length 1 is."""
    return all(atom.letter == letter for atom in axis)


def channels(axis: Axis) -> bool:
    """Whether an axis is made of channels, each of which may be there several times."""
    return all(atom.letter in ("C", STRETCHED) for atom in axis) and any(atom.letter == "C" for atom in axis)


def unstretched(axes: Axes) -> Axes:
    """Axes with a length of 1 where a number is repeated; raises Unknown where only a part of an axis is.

    Channels of which each is repeated are channels, of which some are the same.
    """
    found = []
    for axis in axes:
        kinds = {atom.letter == STRETCHED for atom in axis}
        if len(kinds) == 2 and not channels(axis):
            raise Unknown("a view of a repeated axis")
        found.append(() if kinds == {True} else axis)
    return tuple(found)
