"""`diptych/traps/met.json`: how many nodes of each network meet each trap, a line for each network."""

from __future__ import annotations

import json

from diptych.common.registry import networks
from diptych.traps import met
from writers import ROOT, Written

PATH = ROOT / "diptych" / "traps" / met.FILE.name


def written() -> Written:
    """The one file."""
    table = met.table(networks())
    rows = ",\n".join(f"{json.dumps(name)}: {json.dumps(counts)}" for name, counts in table["networks"].items())
    return Written({PATH: f'{{\n"traps": {json.dumps(table["traps"])},\n"networks": {{\n{rows}\n}}\n}}\n'})
