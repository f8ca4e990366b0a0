"""Where a network's parameters and multiply-accumulates sit, and how its receptive field grows, as one chart."""

from __future__ import annotations

from html import escape

from markupsafe import Markup

from ..common.analysis import Row, table
from ..common.language import gettext
from ..common.spec import Net
from .figures import count_text

WIDE, HIGH, LEFT, GAP = 1000, 96, 64, 34
"""In units of the picture: the width of the bars, the height of a strip, the room for its name, and between two."""


def costs(net: Net) -> Markup:
    """Three strips over the layers that have costs, in the order in which they run."""
    rows = [row for row in table(net) if row.parameters or row.macs]
    if not rows:
        return Markup()
    size = max(map(int, net.input_shape[-2:]))
    strips = [
        _bars(rows, [row.parameters for row in rows], gettext("parameters"), 0),
        _bars(rows, [row.macs for row in rows], gettext("MACs"), 1),
        _growth(rows, [max(row.field) if row.field else None for row in rows], size, 2),
    ]
    height = 3 * (HIGH + GAP)
    said = gettext("Parameters, multiply-accumulates and receptive field of each layer, from the image on")
    head = f'<svg class=costs viewBox="0 0 {LEFT + WIDE + 10} {height}" role=img aria-label="{said}">'
    return Markup(head + "".join(strips) + "</svg>")  # noqa: S704 - numbers, and paths that are escaped


def _top(place: int) -> int:
    return GAP - 10 + place * (HIGH + GAP)


def _bars(rows: list[Row], values: list[int], what: str, place: int) -> str:
    """A bar for each layer, as high as its share of the largest."""
    most, step, top = max(values) or 1, WIDE / len(rows), _top(place)
    parts = [_name(what, count_text(most), top)]
    for at, (row, value) in enumerate(zip(rows, values, strict=True)):
        if value:
            tall = max(HIGH * value / most, 0.8)
            words = f"{escape(row.path)}: {value:,} {what}, {100 * value / sum(values):.1f} %"
            parts.append(
                f'<rect x="{LEFT + at * step:.1f}" y="{top + HIGH - tall:.1f}" width="{max(step - 0.6, 0.6):.1f}" '
                f'height="{tall:.1f}"><title>{words}</title></rect>'
            )
    return "".join(parts)


def _growth(rows: list[Row], fields: list[float | None], size: int, place: int) -> str:
    """The receptive field after each layer, beside the size of the image; one that is the whole image has no number."""
    top, step = _top(place), WIDE / len(rows)
    most = max([size, *(field for field in fields if field)])
    points = [(LEFT + (at + 0.5) * step, top + HIGH * (1 - (field or most) / most)) for at, field in enumerate(fields)]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    level, image = top + HIGH * (1 - size / most), gettext("the image: {size} pixels").format(size=size)
    return (
        _name(gettext("receptive field"), f"{most:g} px", top)
        + f'<path class=image d="M{LEFT} {level:.1f}H{LEFT + WIDE}"><title>{image}</title></path>'
        + f'<polyline points="{line}"/>'
    )


def _name(what: str, most: str, top: int) -> str:
    said = gettext("{what}, at most {most}").format(what=what, most=most)
    return f'<text x="{LEFT}" y="{top - 6}">{said}</text><path class=ground d="M{LEFT} {top + HIGH}H{LEFT + WIDE}"/>'
