"""`common/zoo.json`: what a list says of each network, a line for each, so that no file of `zoo` is read for it."""

from __future__ import annotations

import json

from diptych.common import listed
from writers import ROOT, Written

PATH = ROOT / "common" / listed.FILE.name


def written() -> Written:
    """The one file."""
    families = ",\n".join(map(_family, listed.families()))
    return Written({PATH: f"{{\n{families}\n}}\n"})


def _family(name: str) -> str:
    data = listed.described(name)
    rows = ",\n".join(json.dumps(row) for row in data.pop("networks"))
    return f'{json.dumps(name)}: {json.dumps(data)[:-1]}, "networks": [\n{rows}\n]}}'
