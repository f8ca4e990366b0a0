"""`diptych/traps/catalogue.json`: the texts, numbers and code of every trap, a line for each."""

from __future__ import annotations

import json

from diptych.traps import known
from writers import ROOT, Written

PATH = ROOT / "diptych" / "traps" / known.FILE.name


def written() -> Written:
    """The one file."""
    data = known.described()
    rows = ",\n".join(map(json.dumps, data["traps"]))
    return Written({PATH: f'{{\n"checksums": {json.dumps(data["checksums"])},\n"traps": [\n{rows}\n]\n}}\n'})
