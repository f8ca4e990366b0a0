"""Comparing arrays: the one measure of difference, and the rules under which a comparison means something."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from .errors import DiptychError
from .layouts import laid_out
from .memory import let_go
from .spec import Array

BLOCK = 1 << 20
FLOAT64_TOLERANCE = 1e-10
"""Relative. Rounding gives 1e-15 to 1e-12 in float64; the mildest fault on record gave 1e-8 (epsilon 1.001e-5)."""


class NothingCompared(DiptychError):
    """A comparison of no arrays, or of empty ones, which would prove nothing."""


@dataclass(frozen=True)
class Worst:
    """What a comparison found: how large a difference, where, why if it has no size, and how many were compared.

    `first` is empty where everything was within the tolerance, else the name of the first that was not.
    """

    measured: float
    where: str = ""
    why: str = ""
    compared: int = 0
    first: str = ""


def difference(a: Array, b: Array, floor: float = 0.0) -> tuple[float, str]:
    """max |a - b| / max(|b|, floor), or infinity with the reason where shapes differ or a value is not finite.

    Raises NothingCompared for empty arrays.

    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 2.5]))
    (0.2, '')
    """
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return float("inf"), f"shape {a.shape} against {b.shape}"
    if a.size == 0:
        raise NothingCompared("nothing was compared: the arrays are empty")
    with np.errstate(invalid="ignore"):  # infinity minus infinity is NaN, which is what is looked for
        gaps = np.atleast_1d(np.subtract(a, b, dtype=np.float64))
    gap = float(np.abs(gaps, out=gaps).max())
    if not np.isfinite(gap):
        return float("inf"), "; ".join(filter(None, (_unfinished("left", a), _unfinished("right", b))))
    scale = max(float(max(b.max(), -b.min())), float(floor))
    return (gap / scale if scale else (0.0 if gap == 0 else float("inf"))), ""


def _unfinished(side: str, array: Array) -> str:
    bad = int(array.size - np.isfinite(array).sum())
    return f"{bad} of {array.size} values on the {side} side are NaN or infinite" if bad else ""


def compare(
    left: Mapping[str, Array], right: Mapping[str, Array], names: Iterable[str], tolerance: float, floor: float = 0.0
) -> Worst:
    """Compare arrays by name, in order; the answer is the first beyond the tolerance, else the largest difference.

    A name that one side lacks is a difference. Raises NothingCompared where there is no name at all.
    """
    found = [(name, *_one(left, right, name, floor)) for name in names]
    if not found:
        raise NothingCompared("nothing was compared: there is no array to compare")
    failed = [entry for entry in found if not entry[1] <= tolerance]
    name, gap, why = failed[0] if failed else max(found, key=lambda entry: entry[1])
    return Worst(gap, name, why, len(found), name if failed else "")


def _one(left: Mapping[str, Array], right: Mapping[str, Array], name: str, floor: float) -> tuple[float, str]:
    if name not in left or name not in right:
        return float("inf"), f"only the {'left' if name in left else 'right'} side has it"
    return difference(left[name], right[name], floor)


def same_bits(left: Mapping[str, Array], right: Mapping[str, Array]) -> Worst:
    """Compare two sets of weights bit for bit; `first` names the first that differs, in the left side's order."""
    if not left and not right:
        raise NothingCompared("nothing was compared: there is no weight to compare")
    names = [*left, *(name for name in right if name not in left)]
    for name in names:
        if name not in left or name not in right:
            return Worst(
                float("inf"), name, f"only the {'left' if name in left else 'right'} side has it", len(names), name
            )
        a, b = np.asarray(left[name]), np.asarray(right[name])
        if a.shape != b.shape or a.dtype != b.dtype:
            why = f"{a.dtype} {a.shape} against {b.dtype} {b.shape}"
            return Worst(float("inf"), name, why, len(names), name)
        if not _same(a, b):
            gap, why = difference(a, b)
            return Worst(gap, name, why or "the bits differ", len(names), name)
        let_go(a)
        let_go(b)
    return Worst(0.0, "", "", len(names))


def _same(a: Array, b: Array) -> bool:
    """Whether two arrays of one shape and dtype have the same bits, block by block."""
    first, second = map(_bits, (a, b))
    starts = range(0, len(first), BLOCK)
    return all(np.array_equal(first[start : start + BLOCK], second[start : start + BLOCK]) for start in starts)


def _bits(array: Array) -> Array:
    """The bits of an array, as whole numbers one after the other; what was copied is let go."""
    plain = laid_out(array)
    if plain is not array:
        let_go(array)
    return plain.reshape(-1).view(f"u{array.itemsize}")
