"""Variances and norms of the image itself, of which normalisations are written out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...common.importing.axes import Atom, Unknown
from ...common.importing.draft import View
from ...common.importing.layout import beside
from ...common.ops.place_reduce import Measure, PlaceReduce
from ...common.ops.power import Power
from .activations import each
from .channels import places_of, reduced
from .table import Reading, means, value


@means("var")
def var(
    reading: Reading,
    x: Any,
    axes: Any = None,
    unbiased: bool = True,
    keep: bool = False,
    *,
    correction: float | None = None,
    keepdim: bool = False,
) -> View:
    """The variance over channels, or over all places of each channel or of each group of channels."""
    x, less = value(x, "a variance"), int(unbiased) if correction is None else correction
    gone, keep = places_of(x, axes), keep or keepdim
    if {atom.letter for place in gone for atom in x.axes[place]} == {"C"} and less in (0, 1):
        return reduced(reading, x, gone, keep, "sample_variance" if less else "variance")
    if less:
        raise Unknown("over places, of a sample")
    return _measured(reading, x, gone, keep, "variance")


@means("std")
def std(reading: Reading, x: Any, *args: Any, **named: Any) -> View:
    """The root of the variance."""
    return each(reading, var(reading, x, *args, **named), Power(0.5))


@means("linalg_vector_norm", "norm")
def norm(reading: Reading, x: Any, p: float = 2, axes: Any = None, keep: bool = False, **_: Any) -> View:
    """The Euclidean norm over all places of each channel, or of each group of channels."""
    x = value(x, "a norm")
    if p != 2:
        raise Unknown(f"of the order {p}")
    return _measured(reading, x, places_of(x, axes), keep, "norm")


def _measured(reading: Reading, x: View, gone: Sequence[int], keep: bool, how: Measure) -> View:
    """What is measured over all places of a map, by groups of as many channels as are measured together."""
    over = sorted(atom for place in gone for atom in x.axes[place])
    places = sorted([*x.whole("H"), *x.whole("W")])
    together = [atom for atom in over if atom.letter == "C"]
    size = together[0].size if together else 1
    known = len(x.base) == 3 and sorted([*together, *places]) == over and places
    if x.doubtful or not known or together not in ([], [Atom("C", 1, size)]):
        raise Unknown(f"over other things than all places of a value of {len(x.axes)} axes")
    op = PlaceReduce(how, x.base[0] // size if together else None)
    made = reading.add(op, x.step, label=beside(reading.draft, how))
    left = [() if n in gone else axis for n, axis in enumerate(x.axes) if keep or n not in gone]
    return made.seen(tuple(left))
