"""The README's picture of a port that is wrong: what `compare` says of a dissected listing, as a terminal shows it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from html import escape

from benchmarks.dissected_pairs import FOLDER, dissected
from writers import ROOT, Written

PATH = ROOT / "docs" / "pictures" / "failing.svg"
PAIR, REPAIRED = "lenet5", 1
"""Whose report, and after how many repairs: before the first no weights fit, and there is nothing to measure."""
COLUMNS, ROW, LEFT, LETTER = 118, 18, 18, 7.25
"""Letters of a line; in pixels the height of a line, the margin, and the width of a letter."""
STYLE = """<style>
rect { fill: #16191d; }
text { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; fill: #d6dbe1; white-space: pre; }
.typed { fill: #ffffff; font-weight: 600; }
.bad { fill: #ff8f80; font-weight: 600; }
.good { fill: #7ddc9a; }
.place { fill: #8fc7ff; }
</style>"""


def lines() -> Iterator[tuple[str, str]]:
    """(kind, line) of the terminal; the notes are counted and left out."""
    pair = dissected(PAIR)
    command = pair.command.replace("docs/dissected/", "")
    report = json.loads((FOLDER / "measured.json").read_text(encoding="utf-8"))[PAIR]["reports"][REPAIRED]["text"]
    told = [line for line in report.splitlines() if not line.startswith("  note: ")]
    yield "typed", f"$ {command}"
    for line in told:
        kind = "place" if line.startswith("   ") else "bad" if "DIFFERENT" in line or "NOT" in line else "good"
        indent = " " * 15
        for number, part in enumerate(textwrap.wrap(line, COLUMNS, subsequent_indent=indent, drop_whitespace=True)):
            start = " " * (len(line) - len(line.lstrip())) if number == 0 and not part.startswith(" ") else ""
            yield kind if number == 0 or kind == "place" else "", start + part
    yield "", f"  and {len(report.splitlines()) - len(told)} notes; exit code 1"


def written() -> Written:
    """The picture, as SVG."""
    found = list(lines())
    wide, high = round(2 * LEFT + LETTER * COLUMNS), ROW * len(found) + 2 * LEFT
    rows = [
        f'<text x="{LEFT}" y="{LEFT + 12 + ROW * place}" class="{kind}" xml:space="preserve">{escape(line)}</text>'
        for place, (kind, line) in enumerate(found)
    ]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img">',
        "<title>What compare says of a port of LeNet-5 that is not the same function</title>",
        STYLE,
        f'<rect width="{wide}" height="{high}" rx="8"/>',
        *rows,
        "</svg>",
    ]
    return Written({PATH: "\n".join(parts) + "\n"})
