"""What changed between two sets of weights: of each tensor norms, the change, and how its numbers are spread."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..common.compare import same_bits
from ..common.language import gettext
from ..common.memory import let_go
from ..common.spec import Array
from .files import File

BLOCK = 1 << 20
"""Numbers that are in memory at once in float64."""
BINS = 48
SCHEMA = 1


@dataclass(frozen=True)
class Change:
    """A tensor that both files have in one shape: Euclidean norms of both and of the change, and the largest change.

    `where` is the place of the largest, `low` to `high` the range of the histograms. What is not finite counts in no
    norm; `strange` are how many numbers of each side are not.
    """

    name: str
    shape: tuple[int, ...]
    dtypes: tuple[str, str]
    same: bool
    norms: tuple[float, float]
    moved: float
    most: float
    where: tuple[int, ...]
    strange: tuple[int, int]
    low: float = 0.0
    high: float = 0.0
    counts: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())

    @property
    def relative(self) -> float:
        """The norm of the change over that of the first side; infinite where that is 0, or numbers are not finite."""
        if self.same:
            return 0.0
        if any(self.strange):
            return math.inf
        return self.moved / self.norms[0] if self.norms[0] else (math.inf if self.moved else 0.0)

    def to_dict(self) -> dict[str, Any]:
        """Plain values; what is not finite is null."""
        relative = self.relative if math.isfinite(self.relative) else None
        return {
            "name": self.name, "shape": list(self.shape), "dtypes": list(self.dtypes), "same_bits": self.same,
            "norms": list(self.norms), "norm_of_change": self.moved, "relative_change": relative,
            "largest_change": self.most, "largest_at": list(self.where), "not_finite": list(self.strange),
        }  # fmt: skip


@dataclass(frozen=True)
class Changes:
    """Two files held to each other: `shared` in the order of the first file, and what only one has, with its shape."""

    files: tuple[File, File]
    shared: tuple[Change, ...]
    alone: tuple[Mapping[str, tuple[int, ...]], Mapping[str, tuple[int, ...]]]
    reshaped: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]

    @cached_property
    def changed(self) -> tuple[Change, ...]:
        """The tensors whose bits differ, the largest relative change first."""
        return tuple(sorted((item for item in self.shared if not item.same), key=lambda item: -item.relative))

    @property
    def same(self) -> bool:
        """Whether both have the same tensors, bit for bit."""
        return not (self.changed or any(self.alone) or self.reshaped)

    def counts(self) -> str:
        """How many changed, in a sentence of the language that is spoken."""
        if self.same:
            return gettext("All {count} tensors are the same, bit for bit.").format(count=len(self.shared))
        said = [gettext("{changed} of the {shared} tensors that both have changed").format(
            changed=len(self.changed), shared=len(self.shared))]  # fmt: skip
        if self.reshaped:
            said.append(gettext("{count} have another shape").format(count=len(self.reshaped)))
        for file, names in zip(self.files, self.alone, strict=True):
            if names:
                said.append(gettext("{count} are only in {file}").format(count=len(names), file=file.path.name))
        return gettext("{list}.").format(list=gettext(", ").join(said))

    def to_dict(self) -> dict[str, Any]:
        """Plain values, the largest change first."""
        equal = [item for item in self.shared if item.same]
        return {
            "schema": SCHEMA, "same": self.same,
            "files": [{"path": str(file.path), "network": file.network or None, "library": file.library or None,
                       "notes": list(file.notes)} for file in self.files],
            "tensors": [item.to_dict() for item in (*self.changed, *equal)],
            "only": [{name: list(shape) for name, shape in names.items()} for names in self.alone],
            "other_shape": {name: [list(a), list(b)] for name, (a, b) in self.reshaped.items()},
        }  # fmt: skip


def changes(one: File, other: File) -> Changes:
    """Two files held to each other, tensor by tensor."""
    left, right = ({name: np.asarray(file.arrays[name]) for name in file.arrays} for file in (one, other))
    both = [name for name in left if name in right]
    reshaped = {name: (left[name].shape, right[name].shape) for name in both if left[name].shape != right[name].shape}
    shared = tuple(_change(name, left[name], right[name]) for name in both if name not in reshaped)
    alone = (
        {n: a.shape for n, a in left.items() if n not in right},
        {n: a.shape for n, a in right.items() if n not in left},
    )
    return Changes((one, other), shared, alone, reshaped)


def _change(name: str, a: Array, b: Array) -> Change:
    """One tensor of both; the second pass, for histograms, is for what differs alone."""
    dtypes = (str(a.dtype), str(b.dtype))
    if not a.size:
        return Change(name, a.shape, dtypes, dtypes[0] == dtypes[1], (0.0, 0.0), 0.0, 0.0, (), (0, 0))
    if a.dtype == b.dtype and not same_bits({name: a}, {name: b}).first:
        norm = math.sqrt(sum(float(np.square(x[np.isfinite(x)]).sum()) for x, _ in _blocks(a, a)))
        return Change(name, a.shape, dtypes, True, (norm, norm), 0.0, 0.0, (), (0, 0))
    sums, most, place, bad = np.zeros(3), -1.0, 0, [0, 0]
    low, high = math.inf, -math.inf
    for start, (x, y) in zip(range(0, a.size, BLOCK), _blocks(a, b), strict=False):
        fine = np.isfinite(x), np.isfinite(y)
        bad = [count + int(x.size - mask.sum()) for count, mask in zip(bad, fine, strict=True)]
        gap = np.abs(np.where(fine[0] & fine[1], y - x, 0.0))
        x, y = np.where(fine[0], x, 0.0), np.where(fine[1], y, 0.0)
        sums += [float(x @ x), float(y @ y), float(gap @ gap)]
        low, high = min(low, float(x.min()), float(y.min())), max(high, float(x.max()), float(y.max()))
        if float(gap.max()) > most:
            most, place = float(gap.max()), start + int(gap.argmax())
    counts = _counts(a, low, high), _counts(b, low, high)
    where = tuple(map(int, np.unravel_index(place, a.shape)))
    norms = np.sqrt(sums)
    let_go(a)
    let_go(b)
    return Change(name, a.shape, dtypes, False, (float(norms[0]), float(norms[1])), float(norms[2]), most, where,
                  (bad[0], bad[1]), low, high, counts)  # fmt: skip


def _blocks(a: Array, b: Array) -> Iterator[tuple[Array, Array]]:
    """Both in float64, block by block of their C order."""
    first, second = (np.ascontiguousarray(array).reshape(-1) for array in (a, b))
    for start in range(0, first.size, BLOCK):
        yield first[start : start + BLOCK].astype(np.float64), second[start : start + BLOCK].astype(np.float64)


def _counts(array: Array, low: float, high: float) -> tuple[int, ...]:
    """How many finite numbers there are in each part of a range."""
    total = np.zeros(BINS, np.int64)
    for x, _ in _blocks(array, array):
        total += np.histogram(x[np.isfinite(x)], BINS, (low, high if high > low else low + 1))[0]
    return tuple(map(int, total))
