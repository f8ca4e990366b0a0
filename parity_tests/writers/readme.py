"""What the pages count: networks, families and the table of them in docs/networks.md, traps in docs/study.md.

What is in a family is written by hand. A new family has a row with the title of its canonical network, to be put
right and moved to its place.
"""

from __future__ import annotations

import re
from pathlib import Path

from diptych.common.registry import canonical, network, networks
from diptych.traps.catalogue import catalogue
from writers import ROOT, Written

PATH = ROOT / "docs" / "networks.md"
STUDY = ROOT / "docs" / "study.md"
ROW = re.compile(r"^\| `(\w+)` \| ([^|]+) \| \d+ \| ([^|]+) \| ([^|]+) \|\n", re.MULTILINE)
"""A row of the table: family, what is in it, networks, forms of, paper."""


def written() -> Written:
    """Both pages with their counts."""
    counted = f"{len(networks())} networks of {len(canonical())} families"
    zoo = _counted(r"\d+ networks of \d+ families", counted, PATH)
    traps = _counted(r"where the frameworks differ: \d+ ", f"where the frameworks differ: {len(catalogue())} ", STUDY)
    return Written({PATH: table(zoo), STUDY: traps})


def table(text: str) -> str:
    """The text with a row for each family: those that stand there, in their order, and the new ones at the end."""
    rows = {found[1]: found for found in ROW.finditer(text)}
    first, last = min(found.start() for found in rows.values()), max(found.end() for found in rows.values())
    kept = [family for family in rows if family in canonical()]
    new = [family for family in canonical() if family not in rows]
    return text[:first] + "".join(_row(family, rows.get(family)) for family in [*kept, *new]) + text[last:]


def _row(family: str, found: re.Match[str] | None) -> str:
    """A row with its count; the words and the order of the forms stay while they are right."""
    net = network(canonical()[family])
    sources = dict.fromkeys(network(name).source for name in networks(family))
    forms = ", ".join(sources)
    if found and set(found[3].split(", ")) == set(sources):
        forms = found[3]
    words = found[2] if found else net.title
    paper = found[4] if found else f"{net.card.paper.authors.removesuffix('.')} {net.card.paper.year}"
    return f"| `{family}` | {words} | {len(networks(family))} | {forms} | {paper} |\n"


def _counted(pattern: str, now: str, path: Path) -> str:
    made, count = re.subn(pattern, now, path.read_text(encoding="utf-8"))
    assert count == 1, f"{path.name} says {pattern!r} {count} times, not once"
    return made
