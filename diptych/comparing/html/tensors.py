"""The tensors that differ most as pictures: a map of both sides and of the difference, and how numbers are spread."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ...common.comparing.sketch import Counts, Sketch
from .numbers import plain, short
from .png import GAPS, VALUES, png

WIDTH, HEIGHT, FOOT = 320, 104, 18


@dataclass(frozen=True)
class Heat:
    """A map: its title, what its colours mean, the picture, and its rows and columns."""

    title: str
    scale: str
    uri: str
    rows: int
    columns: int


@dataclass(frozen=True)
class Pictures:
    """All that is drawn of one tensor."""

    sketch: Sketch
    place: str
    heats: tuple[Heat, ...]
    spread: Markup
    off: Markup | None


def pictures(given: Sketch, labels: tuple[str, str]) -> Pictures:
    """The pictures of a tensor, of two sides with these names."""
    low, high = _ends(given.maps[:2])
    scale = f"{plain(low)} to {plain(high)}"
    heats = [Heat(label, scale, png(values, low, high, VALUES), *values.shape)
             for label, values in zip(labels, given.maps[:2], strict=True)]  # fmt: skip
    if given.maps[2] is not None:
        gaps = np.abs(given.maps[2])
        most = _ends((gaps,))[1]
        heats.append(Heat("difference", f"0 to {short(most)}", png(gaps, 0.0, most, GAPS), *gaps.shape))
    spread = histogram([("one", given.counts[0]), ("other", given.counts[1])], given.low, given.high)
    off = histogram([("off", given.off)], -given.most, given.most) if given.off else None
    return Pictures(given, _place(given), tuple(heats), spread, off)


def _place(given: Sketch) -> str:
    shape = " x ".join(map(str, given.shape))
    channel = "" if given.channel is None else f", channel {given.channel}"
    return f"{shape}; drawn: image {given.image}{channel}"


def _ends(maps: Sequence[NDArray[Any] | None]) -> tuple[float, float]:
    """The least and the largest of all finite numbers."""
    every = np.concatenate([item[np.isfinite(item)].ravel() for item in maps if item is not None])
    return (float(every.min()), float(every.max())) if every.size else (0.0, 0.0)


def histogram(counted: Sequence[tuple[str, Counts]], low: float, high: float) -> Markup:
    """The svg element of how often numbers from `low` to `high` are there, on a logarithmic scale."""
    most = math.log1p(max((max(counts, default=0) for _, counts in counted), default=0)) or 1.0
    ends = (f"{low:.2e}", f"{high:.2e}") if high < 1e-2 else (plain(low), plain(high))
    title = f"How often numbers from {ends[0]} to {ends[1]} are there, on a logarithmic scale"
    lines = [f'<path class="hist {name}" d="{_outline(counts, most)}"/>' for name, counts in counted]
    base = HEIGHT - FOOT
    return Markup(  # noqa: S704 - made here of numbers
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
        f'<path class="axis" d="M0 {base}H{WIDTH}"/>{"".join(lines)}'
        f'<text x="0" y="{HEIGHT - 4}">{ends[0]}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT - 4}" text-anchor="end">{ends[1]}</text></svg>'
    )


def _outline(counts: Counts, most: float) -> str:
    """Steps from the left to the right, closed along the axis."""
    base, wide = HEIGHT - FOOT, WIDTH / max(len(counts), 1)
    steps = [f"V{base - (base - 6) * math.log1p(count) / most:.1f}H{wide * (place + 1):.1f}"
             for place, count in enumerate(counts)]  # fmt: skip
    return f"M0 {base}{''.join(steps)}V{base}Z"
