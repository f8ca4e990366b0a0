"""What is computed over channels, over groups of them, and over places with weights."""

from __future__ import annotations

from typing import Any

from ...common.importing.axes import Unknown, joined
from ...common.importing.draft import View
from ...common.importing.reductions import reduced
from ...common.ops.attention_pool import AttentionPool
from .table import Reading, means, value


@means("sum")
def total(reading: Reading, x: Any, axes: Any = None, keep: bool = False, **_: Any) -> View:
    """A sum over channels."""
    x = value(x, "a sum")
    return reduced(reading.draft, x, places_of(x, axes), keep, "sum")


@means("mean")
def mean(reading: Reading, x: Any, axes: Any = None, keep: bool = False, **_: Any) -> View:
    """A mean over channels, or over all places, however they are seen."""
    x = value(x, "a mean")
    return reduced(reading.draft, x, places_of(x, axes), keep, "mean")


@means("amax")
def amax(reading: Reading, x: Any, axes: Any = (), keep: bool = False) -> View:
    """A maximum over channels, or over all places."""
    x = value(x, "a maximum")
    return reduced(reading.draft, x, places_of(x, axes), keep, "max")


@means("max")
def maximum(reading: Reading, x: Any, axis: int | None = None, keep: bool = False) -> list[View]:
    """A maximum over an axis; where it is is not told."""
    if not isinstance(axis, int):
        raise Unknown("of two values, or over all axes")
    return [amax(reading, x, axis, keep)]


def places_of(x: View, axes: Any) -> list[int]:
    """The axes that are named, or all of them, from 0 on."""
    count = len(x.axes)
    given = range(count) if axes is None or axes == () else [axes] if isinstance(axes, int) else axes
    return [n % count for n in given]


@means("matmul", "bmm")
def matmul(reading: Reading, x: Any, y: Any) -> View:
    """The sum over the places of a map, each with a weight, as global context has it."""
    x, y = value(x, "a product of matrices"), value(y, "a product of matrices")
    if x.doubtful or y.doubtful or len(x.axes) < 3 or len(y.axes) != len(x.axes):
        raise Unknown("of other things than a map and weights of its places")
    n, *middle, c, places = x.axes
    own = [*x.whole("H"), *x.whole("W")]
    weighted = y.axes[-2] == joined([*y.whole("H"), *y.whole("W")]) and not y.axes[-1]
    if any(middle) or places != joined(own) or not weighted or y.base[:1] != (1,):
        raise Unknown("of other things than a map and weights of its places")
    if x.base[1:] != y.base[1:] or c != x.whole("C"):
        raise Unknown("of a map and weights of other places")
    made = reading.add(AttentionPool(), x.step, y.step)
    return made.seen((n, *[() for _ in middle], made.axes[1], ()))
