"""`common/dialects/signatures.json`: digests and samples of the names of every network, a line for each set."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from diptych.conversion import signatures
from writers import ROOT, Written

PATH = ROOT / "common" / "dialects" / signatures.FILE.name


def written() -> Written:
    """The one file."""
    table = signatures.signature_table()
    digests = _lines(sorted(table["digests"].items(), key=lambda entry: (entry[1], entry[0])))
    samples = ",\n".join(f'"{kind}": {_lines(sorted(found.items()))}' for kind, found in table["samples"].items())
    return Written({PATH: f'{{\n"digests": {digests},\n"samples": {{\n{samples}\n}}\n}}\n'})


def _lines(entries: Iterable[tuple[str, Any]]) -> str:
    return "{\n" + ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in entries) + "\n}"
