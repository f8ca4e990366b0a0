"""`common/dialects/answers.json`: what `identify` says of each registered network's own files, a line for each."""

from __future__ import annotations

import json
from collections.abc import Iterable

from diptych.commands.identifying import lines
from diptych.common.registry import networks
from diptych.conversion import answers
from diptych.conversion.identify import identify
from writers import ROOT, Written

PATH = ROOT / "common" / "dialects" / answers.FILE.name


def found(names: Iterable[str]) -> dict[str, list[str]]:
    """Digest -> what is said, of those files that are exactly a network."""
    said = dict[str, list[str]]()
    for name in names:
        for file in answers.files_of(name):
            key = answers.digest({each: array.shape for each, array in file.arrays.items()})
            if key not in said:
                result = identify(file)
                said |= {key: lines(result)} if result.matches else {}
    return said


def written() -> Written:
    """The one file."""
    rows = ",\n".join(f"{json.dumps(key)}: {json.dumps(said)}" for key, said in sorted(found(networks()).items()))
    return Written({PATH: f'{{\n"checksums": {json.dumps(answers.sources())},\n"answers": {{\n{rows}\n}}\n}}\n'})
