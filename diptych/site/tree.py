"""The family tree of ideas as a picture: a column for each year, a line for each idea."""

from __future__ import annotations

from html import escape
from typing import Any

from ..common.language import gettext
from .ideas import IDEAS

WIDE, HIGH, APART, DOWN = 132, 26, 46, 40
"""In pixels: a family's box, the room between two columns, and between two rows."""
MARGIN, HEAD = 12, 34


def tree(families: list[dict[str, Any]]) -> str:
    """The picture as SVG text; boxes are links to `families.html`."""
    years = sorted({item["year"] for item in families})
    placed = _places(families, years)
    width = 2 * MARGIN + len(years) * (WIDE + APART) - APART
    height = HEAD + MARGIN + max(row for _, row in placed.values()) * DOWN + HIGH + MARGIN
    said = gettext("Family tree of ideas, from LeNet to YOLOX")
    parts = [
        f'<svg class="tree" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="group" aria-label="{said}">'
    ]
    for column, year in enumerate(years):
        parts.append(f'<text class="year" x="{MARGIN + column * (WIDE + APART)}" y="22">{year}</text>')
    for idea in IDEAS:
        if idea.older in placed and idea.younger in placed:
            parts.append(_line(placed[idea.older], placed[idea.younger], idea.older, idea.younger, idea.what))
    for item in families:
        x, y = _corner(placed[item["name"]])
        parts.append(
            f'<a href="families.html#{item["name"]}" data-family="{item["name"]}"><rect x="{x}" y="{y}" width="{WIDE}" '
            f'height="{HIGH}" rx="6"/><text x="{x + 8}" y="{y + 17}">{escape(item["title"])}</text></a>'
        )
    return "\n".join([*parts, "</svg>"])


def _places(families: list[dict[str, Any]], years: list[int]) -> dict[str, tuple[int, int]]:
    """(column, row) of each family: beside what it took most from, where that row of its column is free."""
    placed: dict[str, tuple[int, int]] = {}
    taken: set[tuple[int, int]] = set()
    for item in families:
        column = years.index(item["year"])
        older = [placed[idea.older][1] for idea in IDEAS if idea.younger == item["name"] and idea.older in placed]
        wanted = older[0] if older else 0
        row = min(range(len(families)), key=lambda at: ((column, at) in taken, abs(at - wanted), at))
        placed[item["name"]] = column, row
        taken.add((column, row))
    return placed


def _corner(place: tuple[int, int]) -> tuple[int, int]:
    return MARGIN + place[0] * (WIDE + APART), HEAD + MARGIN + place[1] * DOWN


def _line(older: tuple[int, int], younger: tuple[int, int], one: str, other: str, what: str) -> str:
    """A curve from the older box to the younger; within one year from side to side."""
    (x, y), (to_x, to_y) = _corner(older), _corner(younger)
    bend = -24 if older[0] == younger[0] else (to_x - x - WIDE) / 2
    start = x if older[0] == younger[0] else x + WIDE
    middle, end = y + HIGH / 2, to_y + HIGH / 2
    bent = to_x - abs(bend)
    path = f"M{start} {middle} C{start + bend} {middle} {bent} {end} {to_x} {end}"
    return f'<path d="{path}" data-from="{one}" data-to="{other}"><title>{escape(gettext(what))}</title></path>'
