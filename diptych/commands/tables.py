"""The table of a network as text: a row for each layer, the totals, and the rule by which activations are counted."""

from __future__ import annotations

from collections.abc import Sequence

from ..common import citing
from ..common.analysis import BYTES, RULE, Row, nhwc, totals
from ..common.language import gettext, marked
from ..common.spec import Net
from ..common.text import shape_text
from .grids import folded, grid
from .streams import say

HEADER = (
    marked("layer"),
    marked("type"),
    marked("output NCHW"),
    marked("output NHWC"),
    marked("parameters"),
    marked("not trained"),
    marked("MACs"),
    marked("receptive field"),
    marked("kept values"),
    marked("memory"),
)
LAST = ("kept values", "not trained", "memory", "receptive field", "output NHWC", "type", "MACs", "output NCHW")
"""Columns that go first where a terminal has no room."""
LEFT = 2
"""Columns from this one on hold numbers, which align on the right."""


def table(net: Net, rows: Sequence[Row]) -> None:
    """Print the table of a network, its totals and the rule by which activations are counted."""
    options = "".join(f", {key}={value}" for key, value in net.options)
    paper = f", {citing.paper_of(net)}" if net.paper else ""
    say(
        *folded(f"{net.title} ({net.name}{options}){paper}"),
        gettext("one image of {shape} (NCHW)").format(shape=shape_text(net.input_shape)),
        "",
    )
    grid(HEADER, [_cells(row) for row in rows], LEFT, LAST)
    say("", *(part for line in _totals(list(rows)) for part in folded(line)))


def _cells(row: Row) -> tuple[str, ...]:
    field = gettext("whole input") if row.field is None else "x".join(f"{size:g}" for size in row.field)
    name = row.path if row.evaluated else gettext("{path} (training only)").format(path=row.path)
    counts = [_number(n) for n in (row.parameters, row.statistics + row.buffers, row.macs)]
    return (
        name,
        row.type,
        shape_text(row.shape),
        shape_text(nhwc(row.shape)),
        *counts,
        field,
        _number(row.kept),
        _size(row.kept),
    )


def _totals(rows: list[Row]) -> list[str]:
    sums = totals(rows)
    aside = any(not row.evaluated for row in rows)
    fixed = gettext("{statistics:,} running statistics, {buffers:,} fixed numbers").format(**sums)
    without = gettext(", training-only heads left out") if aside else ""
    return [
        gettext("parameters   {count:,} ({size} in float32); {fixed}").format(
            count=sums["parameters"], size=_size(sums["parameters"]), fixed=fixed
        ),
        gettext("MACs         {count:,} per image{without}").format(count=sums["macs"], without=without),
        gettext("kept values  {count:,} per image = {size}").format(count=sums["kept"], size=_size(sums["kept"])),
        f"  {gettext(RULE)}",
    ]


def _number(value: int) -> str:
    return f"{value:,}" if value else "-"


def _size(values: int) -> str:
    """The bytes of so many float32 values, in decimal units."""
    size = float(BYTES * values)
    if not values:
        return "-"
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"
