"""Variances and norms of the image itself, of which normalisations are written out."""

from __future__ import annotations

from typing import Any

from ...common.importing.axes import Unknown, unstretched
from ...common.importing.draft import View
from ...common.importing.reductions import reduced
from ...common.op import Op
from ...common.ops.channel_reduce import ChannelReduce
from ...common.ops.clamp import Clamp
from ...common.ops.multiply import Multiply
from ...common.ops.power import Power
from ...common.ops.unit_norm import UnitNorm
from .activations import each
from .channels import places_of
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
        return reduced(reading.draft, x, gone, keep, "sample_variance" if less else "variance")
    if less:
        raise Unknown("over places, of a sample")
    return reduced(reading.draft, x, gone, keep, "variance")


@means("std")
def std(reading: Reading, x: Any, *args: Any, **named: Any) -> View:
    """The root of the variance."""
    return each(reading, var(reading, x, *args, **named), Power(0.5))


@means("linalg_vector_norm", "norm")
def norm(reading: Reading, x: Any, p: float = 2, axes: Any = None, keep: bool = False, **_: Any) -> View:
    """The Euclidean norm over channels, or over all places of each channel or of each group of channels."""
    x = value(x, "a norm")
    if p != 2:
        raise Unknown(f"of the order {p}")
    return reduced(reading.draft, x, places_of(x, axes), keep, "norm")


def unit_norm(reading: Reading, x: View, y: View) -> View | None:
    """A value over the norm of its channels, which has a limit below; None for another quotient."""
    ops, step = list[Op | None](), y.step
    for _ in range(4):
        made = reading.draft.steps[step]
        if not made.inputs:
            return None
        ops, step = [*ops, made.op], made.inputs[0]
    limit = ops[0]
    norm = ops[1:] == [Power(0.5), ChannelReduce("sum"), Multiply()] and made.inputs == (x.step, x.step)
    if not norm or not isinstance(limit, Clamp) or limit.low is None or limit.high is not None or x.doubtful:
        return None
    left = tuple(() if axis == x.whole("C") else axis for axis in x.axes)
    return reading.add(UnitNorm(limit.low), x.step).seen(x.axes) if unstretched(y.axes) == left else None
