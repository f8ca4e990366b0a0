"""The table of docs/checks.md: what `make test-full` measured for every registered network.

New rows are made of the reports that the checks of test_parity.py leave in the folder named by DIPTYCH_REPORTS.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from diptych.checking.report import Report
from diptych.common.registry import network, networks
from writers import ROOT, Written

GATES = ("forward_float64", "gradients_float64", "training_float64", "forward_float32", "onnx")
PATH = ROOT / "docs" / "checks.md"
FOLDER = "DIPTYCH_REPORTS"
HEAD = """# What the checks measured

Registered networks, built in both frameworks with the same weights and checked by all gates of `diptych check`, on two
image sizes. The numbers are the largest relative differences max |a - b| / max |b|; the gates in float64 pass below
1e-10, the one in float32 within each framework's own rounding. ONNX is the graph of the spec in onnx's reference
evaluator, in float64, against both frameworks; its gate holds ONNX Runtime to them, too, in float32, since that has no
float64 kernel of Conv. A dash: nothing to compare (training is evaluation where there is no batch normalisation).
Written by `make test-full`, or from reports of its parts: {passed} of {registered} networks were measured and
pass{rest}.

| network | form of | sizes | forward float64 | gradients float64 | training float64 | forward float32 | ONNX float64 |
|---|---|---|---|---|---|---|---|
"""


def keep(report: Report) -> None:
    """Leave a report in the folder of DIPTYCH_REPORTS, if there is one."""
    if folder := os.environ.get(FOLDER):
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{report.network}.json").write_text(json.dumps(report.to_dict()))


def row(name: str, report: dict[str, Any]) -> str:
    """One line of the table."""
    gates = {gate["name"]: gate for gate in report["gates"]}
    figures = [f"{gates[gate]['measured']:.1e}" if gates[gate]["compared"] else "-" for gate in GATES]
    sizes = ", ".join(f"{height}x{width}" for height, width in network(name).check_sizes)
    return f"| `{name}` | {network(name).source} | {sizes} | {' | '.join(figures)} |\n"


def written() -> Written:
    """The table: new rows of the networks with a report, the rows that stand there of the others.

    A network with neither is named as not measured. A check that failed ends the program: nothing is written.
    """
    rows = standing() | reported()
    measured = [name for name in networks() if name in rows]
    head = HEAD.format(passed=len(measured), registered=len(networks()), rest=_rest(rows))
    return Written({PATH: head + "".join(rows[name] for name in measured)})


def standing() -> dict[str, str]:
    """The rows of the page as it is, by network."""
    return {found[1]: found[0] for found in re.finditer(r"^\| `([^`]+)` \|.*\n", PATH.read_text(), re.MULTILINE)}


def reported() -> dict[str, str]:
    """The rows of the networks whose reports are in the folder of DIPTYCH_REPORTS; without that, none."""
    if FOLDER not in os.environ:
        return {}
    folder = Path(os.environ[FOLDER])
    found = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    failed = [name for name, report in found.items() if not report["passed"]]
    if failed or not found:
        reason = f"the check of {', '.join(failed)} failed" if failed else f"{folder} holds no reports"
        sys.exit(f"error: {reason}: docs/checks.md is not written; run `make test-full`")
    return {name: row(name, found[name]) for name in networks() if name in found}


def _rest(found: Collection[str]) -> str:
    missing = [f"`{name}`" for name in networks() if name not in found]
    return f"; not measured yet: {', '.join(missing)}" if missing else ""
