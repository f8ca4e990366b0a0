"""A page as SVG text: for a web page it takes the colour of the text around it, as a file it is dark on white."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from .boxes import SIZES, Box, Text
from .engine import Layout, Point
from .sheet import Part, Sheet

SPACE = "http://www.w3.org/2000/svg"
STYLE = """
.diptych-drawing text{font-family:Helvetica,Arial,"Liberation Sans",sans-serif;fill:currentColor}
.diptych-drawing .heading,.diptych-drawing .name{font-weight:bold}
.diptych-drawing .muted{fill-opacity:.78}
.diptych-drawing rect{fill:currentColor;fill-opacity:.04;stroke:currentColor;stroke-opacity:.7;stroke-width:.7}
.diptych-drawing .end rect{fill:none;stroke:none}
.diptych-drawing .block rect{fill:#3b82c4;fill-opacity:.2}
.diptych-drawing .join rect{fill:#3f9a55;fill-opacity:.22}
.diptych-drawing .link{fill:none;stroke:currentColor;stroke-opacity:.75;stroke-width:.8}
.diptych-drawing .tip{fill:currentColor;fill-opacity:.8}
.diptych-drawing a:hover rect,.diptych-drawing a:focus-visible rect{stroke-opacity:1;stroke-width:1.6}
.diptych-drawing .dashed rect,.diptych-drawing .dashed{stroke-dasharray:3 2}
"""
ON_PAPER = ' style="color:#1a1a1a;background:#fff"'
ARROW = 4.0
Anchor = Callable[[str], str]
"""Path of a block or node -> the id of what it leads to, or ""."""


def svg_text(sheet: Sheet, title: str, *, paper: bool = False, anchor: Anchor | None = None) -> str:
    """The svg element of a page; with `paper` it brings its own colours, for a file that stands alone.

    With `anchor` each box whose path has an anchor of the web page around is a link to it.
    """
    # What is an image to a screen reader has no links in it.
    role = f'group" aria-label="{_escape(f"Architecture of {title}")}' if anchor else "img"
    head = f'viewBox="0 0 {_number(sheet.width)} {_number(sheet.height)}" width="100%" role="{role}"'
    lines = [
        f'<svg xmlns="{SPACE}" class="diptych-drawing" {head}{ON_PAPER if paper else ""}>',
        f"<title>{_escape(f'Architecture of {title}')}</title>",
        f"<style>{STYLE}</style>",
        *(_text(text) for text in sheet.title),
        f'<g transform="translate({_pair((sheet.x, sheet.y))}) scale({sheet.scale:.4f})">',
        *(line for part in sheet.parts for line in _part(part, anchor or _nowhere)),
        "</g>",
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _nowhere(path: str) -> str:
    return ""


def _part(part: Part, anchor: Anchor) -> Iterator[str]:
    yield f'<g transform="translate({_pair((part.x, part.y))})">'
    yield from (_text(text) for text in part.headings())
    yield f'<g transform="translate(0 {_number(part.head)})">'
    yield from _links(part.layout)
    for box, corner in zip(part.layout.diagram.boxes, part.layout.corners, strict=True):
        yield from _box(box, corner, anchor(box.path) if box.path else "")
    yield "</g></g>"


def _box(box: Box, corner: Point, anchor: str) -> Iterator[str]:
    size = f'width="{_number(box.width)}" height="{_number(box.height)}" rx="3"'
    classes = f"{box.kind} dashed" if box.dashed else box.kind
    link, end = (f'<a href="#{anchor}">', "</a>") if anchor else ("", "")
    yield f'{link}<g class="{classes}" transform="translate({_pair(corner)})"><rect {size}/>'
    yield from (_text(text) for text in box.texts)
    yield f"</g>{end}"


def _links(layout: Layout) -> Iterator[str]:
    for link, points, middle in zip(layout.diagram.links, layout.paths, layout.middles, strict=True):
        start, *curves = points[:-1]
        way = f"M{_pair(start)}C" + " ".join(map(_pair, curves))
        yield f'<path class="{"link dashed" if link.dashed else "link"}" d="{way}"/>'
        yield f'<path class="tip" d="{_tip(points[-2], points[-1])}"/>'
        if middle is not None:
            yield _text(Text(middle[0], middle[1] + 2.4, link.words, "small", "middle"))


def _tip(base: Point, tip: Point) -> str:
    """The triangle of an arrow head from the end of a line to the point it shows."""
    across, down = tip[0] - base[0], tip[1] - base[1]
    length = (across**2 + down**2) ** 0.5 or 1.0
    side = (-down / length * ARROW / 2, across / length * ARROW / 2)
    corners = (base[0] + side[0], base[1] + side[1]), tip, (base[0] - side[0], base[1] - side[1])
    return "M" + "L".join(map(_pair, corners)) + "Z"


def _text(text: Text) -> str:
    anchor = "" if text.anchor == "start" else f' text-anchor="{text.anchor}"'
    classes = f"{text.style} muted" if text.muted else text.style
    place = f'x="{_number(text.x)}" y="{_number(text.y)}"'
    return f'<text class="{classes}" {place} font-size="{SIZES[text.style]:g}"{anchor}>{_escape(text.words)}</text>'


def _escape(words: str) -> str:
    """Text for XML: markup escaped, and the control characters that XML does not have left out."""
    return escape("".join(c for c in words if c.isprintable()))


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
