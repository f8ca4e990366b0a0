"""The maps of both frameworks as one page of HTML, or as one sheet: the pictures are in it, and nothing is loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from markupsafe import Markup

from .. import page as study
from ..common.compare import FLOAT64_TOLERANCE
from ..common.language import gettext, local
from ..common.spec import Array
from ..common.versions import versions_of
from ..comparing.html.numbers import plain, short
from ..comparing.html.png import GAPS, VALUES, paletted
from ..page.environment import environment
from .features import Features, Maps

SIDES = {"torch": "PyTorch", "tf": "Keras"}
PACKAGES = ("diptych", "torch", "tensorflow", "keras", "numpy")
CHANNELS, ACROSS = 8, 4
"""Maps of a node that are drawn, and how many of them stand in a row."""
LARGEST, LEAST, GAP = 96, 48, 2
"""Pixels of a map's side at most and at least, and between two maps."""


@dataclass(frozen=True)
class Strip:
    """The pictures of one node: both sides on one scale, and how far they are apart on its own."""

    maps: Maps
    words: str
    both: tuple[tuple[str, str], ...]
    gap: str
    scale: str
    gap_scale: str
    width: int
    height: int


def page(seen: Features) -> str:
    """What was seen as HTML text."""
    text: str = template("features.html.j2").render(
        **_shown(seen), css=css(), versions=versions_of(PACKAGES), made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    )
    return text


def part(seen: Features) -> Markup:
    """The same as a part of a network's own page."""
    return Markup(template("part.html.j2").render(**_shown(seen)))  # noqa: S704 - the template escapes every value


def _shown(seen: Features) -> dict[str, Any]:
    """What the templates have of it."""
    image, _ = _mosaic(seen.image, np.mean)
    picture = paletted(image, float(seen.image.min()), float(seen.image.max()), GREYS)
    shown = {"seen": seen, "strips": [strip(item) for item in seen.nodes], "weights": local(seen.weights)}
    shown |= {"image": picture, "size": image.shape, "input": _shape(seen.image.shape)}
    return shown | {"short": short, "tolerance": FLOAT64_TOLERANCE}


GREYS = ((0, 0, 0), (255, 255, 255))


def strip(maps: Maps) -> Strip:
    """The pictures of a node: of the channels that vary most in PyTorch, in their order."""
    picked = strongest(maps.values["torch"])
    parts = {side: _planes(value, picked) for side, value in maps.values.items()}
    drawn = {side: _mosaic(value, np.mean) for side, value in parts.items()}
    gaps, _ = _mosaic(np.abs(np.subtract(parts["torch"], parts["tf"], dtype=np.float64)), np.max)
    low, high = (float(end([end(value) for value in parts.values()])) for end in (np.min, np.max))
    most = float(np.nanmax(gaps))
    both = tuple((SIDES[side], paletted(drawn[side][0], low, high, VALUES)) for side in SIDES)
    height, width = gaps.shape
    return Strip(maps, _words(maps, picked, drawn["torch"][1]), both, paletted(gaps, 0.0, most, GAPS),
                 _range(plain(low), plain(high)), _range("0", short(most)), width, height)  # fmt: skip


def strongest(value: Array) -> list[int]:
    """The channels whose numbers are spread most, in their order; of a vector none."""
    if value.ndim != 3:
        return []
    order = np.argsort(-value.reshape(len(value), -1).std(1), kind="stable")
    return sorted(int(channel) for channel in order[:CHANNELS])


def _planes(value: Array, picked: list[int]) -> Array:
    """(maps, H, W): those channels, or a vector folded into one map of few rows."""
    if value.ndim == 3:
        return np.asarray(value[picked])
    flat = np.asarray(value).reshape(-1)
    columns = max(1, int(np.ceil(np.sqrt(len(flat) * 4))))
    rows = -(-len(flat) // columns)
    return np.pad(flat, (0, rows * columns - len(flat)), mode="edge").reshape(1, rows, columns)


def _mosaic(planes: Array, reduce: Any) -> tuple[Array, int]:
    """The maps side by side with clear lines between them, and how many numbers across are one pixel."""
    count, height, width = planes.shape
    step = max(1, -(-max(height, width) // LARGEST)) if count > 1 else 1
    if step > 1:
        edge = ((0, 0), (0, -height % step), (0, -width % step))
        padded = np.pad(planes, edge, mode="edge")
        cells = padded.reshape(count, padded.shape[1] // step, step, padded.shape[2] // step, step)
        planes = reduce(cells, axis=(2, 4))
    factor = max(1, LEAST // max(planes.shape[1:]))
    planes = planes.repeat(factor, 1).repeat(factor, 2).astype(np.float64)
    across = min(ACROSS, count)
    rows = -(-count // across)
    high, wide = planes.shape[1:]
    sheet = np.full((rows * (high + GAP) - GAP, across * (wide + GAP) - GAP), np.nan)
    for number, plane in enumerate(planes):
        top, left = number // across * (high + GAP), number % across * (wide + GAP)
        sheet[top : top + high, left : left + wide] = plane
    return sheet, step


def _words(maps: Maps, picked: list[int], step: int) -> str:
    shape = _shape(maps.shape)
    if not picked:
        return gettext("{kind}, {shape}: all numbers, in rows").format(kind=maps.kind, shape=shape)
    drawn = ", ".join(map(str, picked))
    said = (gettext("channels {drawn}, which vary most, row by row").format(drawn=drawn) if len(picked) < maps.shape[0]
            else gettext("all channels"))  # fmt: skip
    parts = [f"{maps.kind}, {shape} (C, H, W): {said}"]
    if step > 1:
        parts.append(
            gettext("a pixel is the mean of {step} x {step} numbers, of differences the largest").format(step=step)
        )
    return "; ".join(parts)


def _range(low: str, high: str) -> str:
    return gettext("{low} to {high}").format(low=low, high=high)


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))


def css() -> Markup:
    """The colours of diptych's pages, and what these have more."""
    parts = files(study) / "palette.css", files(study) / "maps.css", files(__package__) / "style.css"
    return Markup("".join(part.read_text(encoding="utf-8") for part in parts))  # noqa: S704 - the package's own files


@cache
def template(name: str) -> Any:
    """A template of this folder; every value is escaped, and what is already HTML is Markup."""
    from jinja2 import PackageLoader

    loader = PackageLoader(__package__.partition(".")[0], "viewing")
    return environment(loader=loader).get_template(name)
