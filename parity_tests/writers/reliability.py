"""The table of docs/reliability.md: what became of every hostile input, as `make test-slow` measured it.

New rows are made of the outcomes that files/test_hostile.py leaves in the folder named by DIPTYCH_REPORTS.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from hostile import Outcome
from hostile.drive import Counts, counts

from writers import ROOT, Written

PATH = ROOT / "docs" / "reliability.md"
FOLDER = "DIPTYCH_REPORTS"
START, END = "| kind | inputs | refused | accepted right | faults |\n|---|---:|---:|---:|---:|\n", "\n\n"
LABELS = {
    "torch": "`.pth`, a zip",
    "legacy": "`.pth`, its old form",
    "safetensors": "`.safetensors`",
    "npz": "`.npz`",
    "keras": "`.keras`",
    "weights.h5": "`.weights.h5`",
    "keras2": "`.h5` of Keras 2",
    "onnx": "`.onnx`, with data beside it",
    "bundle": "TensorFlow checkpoint",
    "saved": "SavedModel",
    "frozen": "frozen graph, `.pb`",
    "pickles": "pickles that call, ask for memory, nest or lie",
    "archives": "zips that swell, overlap or lie; array headers",
    "headers": "headers of safetensors that lie",
    "HDF5": "HDF5 with links, filters, claims, depth",
    "graphs": "ONNX, frozen graphs and checkpoints whose content lies",
    "darknet": "`.weights` of Darknet, with a `.cfg` beside it",
    "reports": "reports before `verify`",
    "manifests": "manifests and results before a batch goes on",
    "nets": "networks as JSON",
}
TOTAL = "all"


def keep(outcomes: Iterable[Outcome]) -> None:
    """Leave the counts of each kind in the folder of DIPTYCH_REPORTS, if there is one."""
    if folder := os.environ.get(FOLDER):
        there = Path(folder) / "hostile"
        there.mkdir(parents=True, exist_ok=True)
        for kind, found in counts(outcomes).items():
            (there / f"{kind}.json").write_text(json.dumps(found))


def standing() -> dict[str, Counts]:
    """The counts that the page has, by kind."""
    rows = _table()[1].splitlines()
    kinds = {label: kind for kind, label in LABELS.items()}
    found = {}
    for row in rows:
        label, *numbers = (cell.strip() for cell in row.strip("|").split("|"))
        if label in kinds:
            found[kinds[label]] = Counts(*(int(number.replace(",", "")) for number in numbers))
    return found


def written() -> Written:
    """The page with new rows of what was measured, and those that stand there of the rest."""
    found = standing()
    folder = Path(os.environ[FOLDER]) / "hostile" if FOLDER in os.environ else None
    for kind in LABELS if folder else ():
        path = folder / f"{kind}.json" if folder else Path()
        if path.exists():
            found[kind] = Counts(*json.loads(path.read_text()))
    rows = [_row(label, found[kind]) for kind, label in LABELS.items() if kind in found]
    total = Counts(*(sum(column) for column in zip(*found.values(), strict=True))) if found else Counts(0, 0, 0, 0)
    before, _, after = _table()
    return Written({PATH: before + "\n".join([*rows, _row(TOTAL, total)]) + after})


def _row(label: str, found: Counts) -> str:
    return f"| {label} | " + " | ".join(f"{number:,}" for number in found) + " |"


def _table() -> tuple[str, str, str]:
    """The page before its rows, the rows, and what comes after."""
    head, start, rest = PATH.read_text(encoding="utf-8").partition(START)
    rows, end, after = rest.partition(END)
    return head + start, rows, end + after
