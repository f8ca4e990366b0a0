"""The last check of a network: kept in the user's cache folder, or read from a file of `diptych check --json`.

It is kept with a digest of the network and the version of diptych; a page shows it only where both still hold.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError, FileError
from ..common.registry import traced
from ..common.schema import Misfit, flag, nullable, number, one_of, parsed, record, sequence, table, text, whole
from ..common.spec import Net
from ..common.text import NAME, first_few, printable
from ..common.versions import versions_of
from ..files.atomic import replacing
from ..files.kinds import read_small
from .report import Gate, Report

PACKAGES = ("diptych", "torch", "tensorflow", "keras", "numpy")
MOST = 1 << 24
"""Bytes of a file of checks; that of every registered network at once is below a tenth of it."""
WORD, WORDS = text(200), text(20_000)
SIZE = nullable(number(0, math.inf))
GATE = record(
    {
        "name": WORD,
        "passed": one_of(True, False, None),
        "measured": SIZE,
        "tolerance": SIZE,
        "where": text(2000),
        "detail": WORDS,
        "compared": whole(0, 10**9),
    },
    optional={"side": text(2000), "cause": WORDS, "lines": sequence(text(2000), 0, 100)},
)
REPORT = record(
    {
        "network": WORD,
        "gates": sequence(GATE, 0, 100),
        "cases": sequence(text(2000), 0, 1000),
        "noise": table(WORD, SIZE, 100),
        "seconds": number(0, 1e9),
    },
    optional={
        "passed": flag,
        "verdict": WORD,
        "referee": WORDS,
        "notes": sequence(text(2000), 0, 1000),
        "partial": flag,
        "unsure": sequence(WORDS, 0, 1000),
    },
)
KEPT = record(
    {"digest": WORD, "when": WORD, "versions": table(WORD, WORD, 100), "report": REPORT},
)
FILE = record(
    {"reports": sequence(REPORT, 0, 10_000)},
    optional={
        "schema": whole(1, 1),
        "passed": flag,
        "wanted": sequence(WORD, 0, 10_000),
        "cannot_tell": table(WORD, WORDS, 10_000),
        "baseline": table(WORD, lambda value, where: None, 10),
    },
)


@dataclass(frozen=True)
class Recorded:
    """A report, when it was measured (ISO 8601, empty where unknown), on which versions, and the file that holds it."""

    report: Report
    when: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    file: str = ""


def remember(report: Report) -> None:
    """Keep a report as the last one of its registered network; where it cannot be written, nothing happens."""
    path = _path(report.network)
    if path is None:
        return
    data = {"digest": _digest(traced(report.network, {})), "when": datetime.now(UTC).isoformat(timespec="seconds")}
    said = json.dumps(data | {"versions": versions_of(PACKAGES), "report": report.to_dict()}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, force=True) as temporary:
            temporary.write_text(said + "\n", encoding="utf-8")
    except (OSError, FileError):
        return


def recall(net: Net) -> Recorded | None:
    """The last report of exactly this network by this version of diptych; None where there is none."""
    path = _path(net.name)
    if path is None:
        return None
    try:
        data = parsed(read_small(path, MOST, "a kept check"))
        KEPT(data, "")
    except (FileError, Misfit):
        return None
    kept = Recorded(_report(data["report"]), data["when"], data["versions"])
    current = data["digest"] == _digest(net) and kept.versions.get("diptych") == versions_of(PACKAGES)["diptych"]
    return kept if current and kept.report.network == net.name else None


def read_check(path: Path, net: Net) -> Recorded:
    """The report of a network in a file of `diptych check --json`; raises DiptychError where the file has none."""
    advice = f"write one with `diptych check {net.name} --json FILE`"
    try:
        data = parsed(read_small(path, MOST, "a file of checks"))
        FILE(data, "")
    except Misfit as error:
        raise FileError(f"{path} holds no reports of a check: {error}; {advice}") from None
    reports = [_report(item) for item in data["reports"]]
    found = [report for report in reports if report.network == net.name]
    if not found:
        names = first_few([report.network for report in reports], 8) or "none"
        raise DiptychError(f"{path} has no report of {net.name} (it has {names}); {advice}")
    return Recorded(found[-1], file=printable(path.name, NAME))


def _path(name: str) -> Path | None:
    """Where the last check of a network is kept; None where this user has no folder of their own."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    try:
        folder = Path(base) if os.path.isabs(base) else Path("~/.cache").expanduser()
    except RuntimeError:  # no HOME, and no entry in the list of users
        return None
    return folder / "diptych" / "checks" / f"{name}.json"


def _digest(net: Net) -> str:
    return hashlib.sha256(net.to_json().encode()).hexdigest()


def _report(data: dict[str, Any]) -> Report:
    """A report from plain data that fits REPORT."""
    gates = tuple(Gate(**{key: _shown(value) for key, value in item.items()}) for item in data["gates"])
    noise = {key: value for key, value in data["noise"].items() if value is not None}
    return Report(
        data["network"], gates, tuple(map(_shown, data["cases"])), noise, data["seconds"], data.get("referee", "")
    )


def _shown(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_shown, value))
    return printable(value) if isinstance(value, str) else value
