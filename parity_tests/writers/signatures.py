"""`common/dialects/signatures.json`: digests of the names of every network in every dialect, a line for each."""

from __future__ import annotations

import json

from diptych.conversion import signatures
from writers import ROOT, Written

PATH = ROOT / "common" / "dialects" / signatures.FILE.name


def written() -> Written:
    """The one file."""
    entries = sorted(signatures.signature_table().items(), key=lambda entry: (entry[1], entry[0]))
    lines = ",\n".join(f'"{key}": {json.dumps(value)}' for key, value in entries)
    return Written({PATH: f"{{\n{lines}\n}}\n"})
