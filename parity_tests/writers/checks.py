"""The table of docs/checks.md: what `make test-full` measured for every registered network.

It is made of the reports that the checks of test_parity.py leave in the folder named by DIPTYCH_REPORTS.
"""

from __future__ import annotations

import json
import os
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
"""The variable that names the folder of the reports; `reports` in the root where there is none."""
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
    """The table; a network whose check failed is an error, one without a report is named as not measured."""
    folder = Path(os.environ.get(FOLDER, ROOT / "reports"))
    found = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    failed = [name for name, report in found.items() if not report["passed"]]
    if failed or not found:
        reason = f"the check of {', '.join(failed)} failed" if failed else f"{folder} holds no reports"
        sys.exit(f"error: {reason}: docs/checks.md is not written; run `make test-full`")
    measured = [name for name in networks() if name in found]
    head = HEAD.format(passed=len(measured), registered=len(networks()), rest=_rest(found))
    return Written({PATH: head + "".join(row(name, found[name]) for name in measured)})


def _rest(found: Collection[str]) -> str:
    missing = [f"`{name}`" for name in networks() if name not in found]
    return f"; {len(missing)} were not measured in this run: {', '.join(missing)}" if missing else ""
