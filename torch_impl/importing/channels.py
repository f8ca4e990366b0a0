"""What is computed over channels, over groups of them, and over places with weights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...common.importing.axes import Unknown, joined, letters
from ...common.importing.draft import View
from ...common.importing.layout import beside
from ...common.ops.adaptive_max_pool import AdaptiveMaxPool
from ...common.ops.attention_pool import AttentionPool
from ...common.ops.channel_reduce import ChannelReduce, How
from .table import Reading, means, value


def reduced(reading: Reading, x: View, gone: Sequence[int], keep: bool, how: How) -> View:
    """The mean, maximum or sum over all channels of a map, or over the groups that they are seen in."""
    own = [atom for place in gone for atom in x.axes[place]]
    if x.doubtful or not own or {atom.letter for atom in own} != {"C"} or len(own) != 1:
        raise Unknown(f"over {''.join(letters(x.axes[n]) for n in gone) or 'nothing'} of a value of {len(x.axes)} axes")
    (atom,) = own
    if atom.stride * atom.size != x.base[0]:
        raise Unknown("over a part of the channels")
    groups = None if atom.stride == 1 else atom.size
    if len(x.base) == 1 and groups is None:
        raise Unknown("over the numbers of a vector")
    made = reading.add(ChannelReduce(how, groups), x.step, label=beside(reading.draft, how))
    return made.seen(tuple(() if n in gone else axis for n, axis in enumerate(x.axes) if keep or n not in gone))


@means("sum")
def total(reading: Reading, x: Any, axes: Any = None, keep: bool = False, **_: Any) -> View:
    """A sum over channels."""
    x = value(x, "a sum")
    return reduced(reading, x, places_of(x, axes), keep, "sum")


@means("amax")
def amax(reading: Reading, x: Any, axes: Any = (), keep: bool = False) -> View:
    """A maximum over channels, or over all places."""
    x = value(x, "a maximum")
    gone = places_of(x, axes)
    over = [atom for place in gone for atom in x.axes[place]]
    if len(x.base) == 3 and over and sorted(over) == sorted([*x.whole("H"), *x.whole("W")]):
        made = reading.add(AdaptiveMaxPool((1, 1)), x.step, label=beside(reading.draft, "max"))
        return made.seen(tuple(() if n in gone else axis for n, axis in enumerate(x.axes) if keep or n not in gone))
    return reduced(reading, x, gone, keep, "max")


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
