"""How the networks of the onnx package differ from ours: light_differences.json, and its tables in docs/onnx.md.

The reasons in the JSON file are written by hand. After a change that is meant: write, fill in the reasons that are
missing, and write again.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from textwrap import fill
from typing import Any

import light
from light import Difference

from writers import ROOT, Written

LISTED = ROOT / "parity_tests" / "conversion" / "light_differences.json"
PAGE = ROOT / "docs" / "onnx.md"
HEADING = "## The networks of the onnx package beside ours"


@functools.cache
def listed() -> dict[str, Any]:
    """Of each network: ours, what there is to say, and each kind of difference with its layers and its reason."""
    return dict(json.loads(LISTED.read_text()))


def grouped(found: Iterable[Difference]) -> list[dict[str, Any]]:
    """Differences that say the same, as one entry with all their layers."""
    groups = dict[tuple[str, str], list[str]]()
    for one in found:
        groups.setdefault((one.theirs, one.ours), []).append(one.layer)
    return [{"theirs": theirs, "ours": ours, "layers": layers} for (theirs, ours), layers in groups.items()]


def renewed(name: str) -> dict[str, Any]:
    """The entry of a network as it should be, with the words that are there for what still holds."""
    entry = listed()[name]
    why = {(one["theirs"], one["ours"]): one["why"] for one in entry["differences"]}
    found = grouped(light.compared(name, entry["ours"]))
    return {**entry, "differences": [{**one, "why": why.get((one["theirs"], one["ours"]), "")} for one in found]}


def section(entries: Mapping[str, Any]) -> str:
    """The section of docs/onnx.md: the words before its tables as they stand there, and the tables."""
    before = HEADING + PAGE.read_text().partition(HEADING)[2].partition("\n### ")[0].rstrip() + "\n"
    return before + "".join(map(_table, entries, entries.values()))


def written() -> Written:
    """The list, and the page with its section."""
    entries = {name: renewed(name) for name in listed()}
    before, _, rest = PAGE.read_text().partition(HEADING)
    _, break_, after = rest.partition("\n## ")
    return Written({LISTED: _json(entries), PAGE: before + section(entries) + break_ + after})


def _json(entries: Mapping[str, Any]) -> str:
    """A line for each difference."""
    lines = list[str]()
    for name, entry in entries.items():
        rows = ",\n".join(f"  {json.dumps(one)}" for one in entry["differences"])
        head = json.dumps({"ours": entry["ours"], "about": entry["about"]})[1:-1]
        lines.append(f' "{name}": {{{head}, "differences": [\n{rows}\n ]}}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _table(name: str, entry: Mapping[str, Any]) -> str:
    count = sum(len(one["layers"]) for one in entry["differences"])
    head = f"\n### {name}, and our `{entry['ours']}`: {count} difference{'s' * (count > 1)}\n\n"
    rows = [
        f"| {_cell(one['layers'])} | {one['theirs']} | {one['ours']} | {one['why']} |" for one in entry["differences"]
    ]
    table = "\n".join(["| layer | theirs | ours | why |", "|---|---|---|---|", *rows, ""])
    return f"{head}{fill(entry['about'], 124)}\n\n{table}"


def _cell(layers: Sequence[str]) -> str:
    names = [f"`{name}`" if " " not in name else f"after `{name.split()[1]}`" for name in layers]
    return ", ".join(names) if len(names) < 4 else f"{len(names)} layers, {names[0]} to {names[-1]}"
