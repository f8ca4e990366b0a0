"""What may have been done to a weight on its way: turned, exchanged, left out, multiplied."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..spec import Array, Node

RELATIVE = 1e-6
"""What several roundings to float32 make of a number."""
Explains = Callable[[Mapping[str, Array], Mapping[str, Array], str, Node], bool]


@dataclass(frozen=True)
class Change:
    """A fault by its words; `explains` says whether it makes the second's weight of the first's."""

    words: str
    explains: Explains


def close(one: Array, other: Array) -> bool:
    """Whether two arrays are equal but for rounding to float32."""
    return one.shape == other.shape and np.allclose(one, other, rtol=RELATIVE, atol=1e-9)


def _turned(*axes: int) -> Explains:
    def explains(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
        found = ours[name]
        return found.ndim == len(axes) and close(found.transpose(axes), theirs[name])

    return explains


def _flipped(*axes: int) -> Explains:
    def explains(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
        return ours[name].ndim > max(axes) and close(np.flip(ours[name], axes), theirs[name])

    return explains


def _exchanged(one: str, other: str) -> Explains:
    def explains(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
        return (
            {one, other} <= set(ours) & set(theirs)
            and close(ours[one], theirs[other])
            and close(ours[other], theirs[one])
        )

    return explains


def _constant(*names: str) -> Explains:
    """Whether the second has the numbers that a layer starts with."""

    def explains(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
        start = {"running_mean": 0.0, "running_var": 1.0, "weight": 1.0, "bias": 0.0}
        return name in names and bool((theirs[name] == start[name]).all()) and bool((ours[name] != start[name]).any())

    return explains


def _multiplied(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
    norm = float((ours[name] * ours[name]).sum())
    factor = float((ours[name] * theirs[name]).sum()) / norm if norm > 0 else 1.0
    return abs(factor - 1) > 1e-5 and close(ours[name] * factor, theirs[name])


def _rounded(digits: int) -> Explains:
    """Whether the second has the first's numbers with so many binary digits alone, as float16 and bfloat16 have."""

    def explains(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
        parts, exponents = np.frexp(ours[name])
        least = np.ldexp(np.round(np.ldexp(parts, digits)), exponents - digits)
        return bool(np.allclose(least, theirs[name], rtol=1e-7, atol=1e-7 if digits > 8 else 0))

    return explains


def _rooted(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
    """Whether one has standard deviations where the other has variances."""
    one, other = ours[name], theirs[name]
    if name != "running_var" or min(one.min(), other.min()) < 0:
        return False
    return close(np.sqrt(one), other) or close(np.sqrt(other), one)


def _flattened(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
    """Whether the second's columns stand in the order (H, W, C) of a flattened map, or the first's do."""
    if node.kind != "linear" or ours[name].ndim != 2:
        return False
    return any(close(found, theirs[name]) for found in _reordered(ours[name]))


def _reordered(matrix: Array) -> Iterator[Array]:
    rows, columns = matrix.shape
    for channels in range(2, columns // 2 + 1):
        if columns % channels == 0:
            yield matrix.reshape(rows, channels, -1).transpose(0, 2, 1).reshape(rows, columns)


def _shuffled(ours: Mapping[str, Array], theirs: Mapping[str, Array], name: str, node: Node) -> bool:
    """Whether the same numbers stand in another order."""
    return close(np.sort(ours[name], axis=None), np.sort(theirs[name], axis=None))


CHANGES = (
    Change("running mean and variance exchanged", _exchanged("running_mean", "running_var")),
    Change("scale and offset exchanged", _exchanged("weight", "bias")),
    Change("statistics not transferred: they are those of a new layer", _constant("running_mean", "running_var")),
    Change("not transferred: the numbers of a new layer", _constant("weight", "bias")),
    Change("kernel axes: height and width exchanged", _turned(0, 1, 3, 2)),
    Change("kernel axes: input and output channels exchanged", _turned(1, 0, 2, 3)),
    Change("kernel axes: all four turned", _turned(1, 0, 3, 2)),
    Change("matrix transposed", _turned(1, 0)),
    Change("input channels reversed (RGB against BGR)", _flipped(1)),
    Change("kernel turned by 180 degrees (convolution against cross-correlation)", _flipped(2, 3)),
    Change("kernel mirrored", _flipped(3)),
    Change("flatten order: (C, H, W) against (H, W, C)", _flattened),
    Change("dtype: rounded to float16", _rounded(11)),
    Change("dtype: rounded to bfloat16", _rounded(8)),
    Change("standard deviation for variance (square root)", _rooted),
    Change("multiplied by a number", _multiplied),
    Change("the same numbers in another order", _shuffled),
)
