"""`common/dialects/names.json`: what other libraries call the networks, of all dialects."""

from __future__ import annotations

import json

from diptych.common import spoken
from writers import ROOT, Written

PATH = ROOT / "common" / "dialects" / spoken.FILE.name


def written() -> Written:
    """The one file."""
    data = spoken.described()
    rows = ",\n".join(map(json.dumps, data["names"]))
    head = f'"checksums": {json.dumps(data["checksums"])},\n"homes": {json.dumps(data["homes"])}'
    return Written({PATH: f'{{\n{head},\n"names": [\n{rows}\n]\n}}\n'})
