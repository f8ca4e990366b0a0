"""The differences along a network as SVG: a logarithmic scale, a point for each pair of layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

from markupsafe import Markup

from ...common.comparing.along import Measure
from .numbers import short
from .rows import Row

HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 300, 46, 10, 26, 34
LEAST, MOST = -17, 1
"""The powers of ten that the scale goes from and to; what is less, such as 0, and what is more stands at its ends."""
FLOAT32 = 1.2e-7
"""The rounding of one number in float32, where that of each layer is not known."""
Place = Callable[[float], float]
Known = list[tuple[int, Measure]]
"""The numbers of rows that something was measured of."""


def chart(rows: Sequence[Row], bound: float | None, width: int) -> Markup:
    """The svg element of a chart that is so wide."""
    across = _across(len(rows), width)
    known = [(row.number, row.measure) for row in rows if row.measure is not None]
    title = f"Relative differences of {len(known)} pairs of layers, from the first to the last"
    parts = [
        f'<svg viewBox="0 0 {width} {HEIGHT}" width="{width}" height="{HEIGHT}" role="img" aria-label="{title}">',
        *_scale(width),
        *_numbers(len(rows), across, width),
        *_noise(known, across, width),
        *_bound(bound, width),
        *_first(next((row for row in rows if row.first), None), across, width),
        *_accumulated(known, across),
        *_own(known, across, bound),
        "</svg>",
    ]
    return Markup("\n".join(parts))  # noqa: S704 - made here, what is not a number is escaped


def _across(count: int, width: int) -> Place:
    room = width - LEFT - RIGHT
    return lambda place: round(LEFT + room * (place + 0.5) / max(count, 1), 1)


def _down(value: float) -> float:
    """The height at which a difference stands."""
    power = LEAST if value <= 0 else MOST if not math.isfinite(value) else math.log10(value)
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (MOST - min(max(power, LEAST), MOST)) / (MOST - LEAST), 1)


def _scale(width: int) -> Iterator[str]:
    for power in range(LEAST + 1, MOST, 4):
        y = _down(10.0**power)
        yield f'<path class="grid" d="M{LEFT} {y}H{width - RIGHT}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{"1" if power == 0 else f"1e{power}"}</text>'
    yield f'<text x="{LEFT - 6}" y="{_down(0) + 4}" text-anchor="end">0</text>'
    yield f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{width - RIGHT}"/>'


def _numbers(count: int, across: Place, width: int) -> Iterator[str]:
    """The numbers of the layers, as far apart as they can be read."""
    step = max(1, math.ceil(count / (width / 48)))
    for place in range(0, count, step):
        yield f'<text x="{across(place)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{place}</text>'
    yield f'<text x="{width - RIGHT}" y="{HEIGHT - 3}" text-anchor="end">number of the layer</text>'


def _noise(known: Known, across: Place, width: int) -> Iterator[str]:
    points = [f"{across(place)},{_down(item.noise)}" for place, item in known if item.noise]
    if len(points) > 1:
        yield f'<polyline class="noise" points="{" ".join(points)}"/>'
    else:
        yield f'<path class="noise" d="M{LEFT} {_down(FLOAT32)}H{width - RIGHT}"/>'


def _bound(bound: float | None, width: int) -> Iterator[str]:
    if bound:
        yield f'<path class="bound" d="M{LEFT} {_down(bound)}H{width - RIGHT}"/>'


def _first(row: Row | None, across: Place, width: int) -> Iterator[str]:
    """Where the first pair that differs stands, with its name on the side that has more room."""
    if row is None:
        return
    x = across(row.number)
    anchor, beside = ("end", x + 4) if x > width / 2 else ("start", x - 4)
    said = escape(_cut(row.pair[0] or row.pair[1]))
    yield f'<path class="first" d="M{x} {TOP - 6}V{HEIGHT - BOTTOM}"/>'
    yield f'<text class="named" x="{beside}" y="{TOP - 11}" text-anchor="{anchor}">{said}</text>'


def _cut(name: str, most: int = 34) -> str:
    return name if len(name) <= most else f"…{name[1 - most :]}"


def _accumulated(known: Known, across: Place) -> Iterator[str]:
    places = [(place, item, _down(item.accumulated)) for place, item in known if item.accumulated is not None]
    if places:
        points = " ".join(f"{across(place)},{y}" for place, _, y in places)
        yield f'<polyline class="accumulated" points="{points}"/>'
    for place, item, y in places:
        corner = f"{across(place) - 2.5:g} {y - 2.5:g}"
        yield f'<path class="dot" d="M{corner}h5v5h-5z"><title>{_said(place, item)}</title></path>'


def _own(known: Known, across: Place, bound: float | None) -> Iterator[str]:
    for place, item in known:
        if item.own is not None:
            over = " over" if bound and item.own > bound else ""
            where = f'cx="{across(place)}" cy="{_down(item.own)}" r="{4 if over else 3}"'
            yield f'<circle class="own{over}" {where}><title>{_said(place, item)}</title></circle>'


def _said(place: int, item: Measure) -> str:
    told = [f"{place}: {item.one} and {item.other}"]
    told += [f"by itself {short(item.own)}"] if item.own is not None else []
    told += [f"accumulated {short(item.accumulated)}"] if item.accumulated is not None else []
    return escape("; ".join(told))
