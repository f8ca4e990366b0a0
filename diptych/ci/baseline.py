"""A kept report, to which later ones are held: what is known to differ passes, and whatever changes is told.

It holds no dates and no timings. Of a gate it keeps the state, the first layer that differs, the cause, and how much,
which may grow and shrink by less than FACTOR. A gate stops at the first layer that differs, so that nothing is held
after it.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checking.report import Gate, Report
from ..common.errors import DiptychError, FileError
from ..common.schema import Misfit, nullable, number, one_of, parsed, record, table, text, whole
from ..common.text import first_few, printable
from ..files.kinds import read_small
from .states import states

FACTOR = 100
"""Between two machines rounding differs by less, and a layer that was changed shows more."""
FLOOR = 1e-4
"""Of the tolerance: a difference below that is rounding alone, however it grows."""
WEIGHTS = "weights: "
MEASURED = re.compile(r"\b\d\.\d+e[+-]\d+\b")
MOST = 1 << 24
"""Bytes of a baseline at most."""
LARGEST = 1e300
STATES = ("same", "different", "cannot tell", "open")
GATE = record(
    {
        "state": one_of(*STATES),
        "where": text(2000),
        "cause": text(20_000),
        "measured": nullable(number(0, LARGEST)),
        "tolerance": nullable(number(0, LARGEST)),
    }
)
ENTRY = record({"verdict": one_of(*STATES[:3]), "gates": table(text(200), GATE, 100)})
FILE = record({"baseline": whole(1, 1), "reports": table(text(2000), ENTRY, 10_000)})
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What of a gate is not as in the baseline."""

    gate: str
    said: str

    def __str__(self) -> str:
        return f"{self.gate}: {self.said}"


def entry(report: Report | str) -> Entry:
    """What a baseline keeps of a report, or of one that could not be made."""
    if isinstance(report, str):
        return {"verdict": "cannot tell", "gates": {}}
    kept = {item.gate: _kept(gate, item.state) for item, gate in zip(states(report), report.gates, strict=False)}
    return {"verdict": report.verdict, "gates": kept}


def _kept(gate: Gate, state: str) -> dict[str, Any]:
    """A gate as data; where it passed, the place of its largest rounding is chance."""
    differs = state == "different"
    words = {"where": gate.where.partition(" [")[0] if differs else "", "cause": _cause(gate) if differs else ""}
    return {"state": state, **words, "measured": _short(gate.measured), "tolerance": _short(gate.tolerance)}


def _cause(gate: Gate) -> str:
    """The cause without what was measured, and without the numbers of weights: these are as they were drawn."""
    said = gate.cause.partition(" (")[0] if gate.cause.startswith(WEIGHTS) else gate.cause
    return MEASURED.sub("#", said)


def _short(value: float | None) -> float | None:
    """A number in two digits, for the others differ from machine to machine; None for infinity, which JSON lacks."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.1e}")


def changes(kept: Entry, now: Entry) -> list[Change]:
    """What of a report is not as in the baseline, in either direction."""
    before, after = kept["gates"], now["gates"]
    missing = {name: Change(name, f"{before[name]['state']} in the baseline, and not asked now")
               for name in before if name not in after}  # fmt: skip
    new = {name: Change(name, f"{after[name]['state']} now, and not asked in the baseline")
           for name in after if name not in before}  # fmt: skip
    told = [change for name in after if name in before for change in _gate(name, before[name], after[name])]
    found = [*told, *new.values(), *missing.values()]
    if kept["verdict"] != now["verdict"] and not found:
        return [Change("verdict", f"{kept['verdict']} in the baseline, {now['verdict']} now")]
    return found


def _gate(name: str, kept: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[Change]:
    """The first of what changed: its state, its place, its cause, its size."""
    if kept["state"] != now["state"]:
        yield Change(name, f"{kept['state']}{_at(kept)} in the baseline, {now['state']}{_at(now)} now")
    elif kept["where"] != now["where"]:
        yield Change(name, f"the first that differs was {kept['where'] or 'unnamed'}, and is {now['where']} now")
    elif kept["cause"] != now["cause"]:
        yield Change(name, f"the cause was {kept['cause'] or 'not known'}, and is {now['cause'] or 'not known'} now")
    elif now["state"] in ("same", "different") and (said := _size(kept, now)):
        yield Change(name, said)


def _at(gate: Mapping[str, Any]) -> str:
    return f" at {gate['where']}" if gate["where"] else ""


def _size(kept: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """How a measured difference grew or shrank, "" where it did by no more than it may; counts may not at all."""
    old, new = (math.inf if gate["measured"] is None else float(gate["measured"]) for gate in (kept, now))
    told = f"the difference was {_text(old)}, and is {_text(new)} now"
    bound = max(kept["tolerance"] or 0.0, now["tolerance"] or 0.0)
    if not bound or math.inf in (old, new):
        return "" if old == new else told
    floor = bound * FLOOR
    low, high = sorted((max(old, floor), max(new, floor)))
    shrunk = new < old
    return told if high > FACTOR * low and not (shrunk and now["state"] == "same") else ""


def _text(value: float) -> str:
    return "without measure" if value == math.inf else f"{value:.1e}"


def read(path: Path) -> dict[str, Entry]:
    """The reports of a baseline by name; raises FileError for a file that is none."""
    if not path.exists():
        raise FileError(f"there is no baseline {path}; write it with --update")
    try:
        data = parsed(read_small(path, MOST, "a baseline"))
        FILE(data, "")
    except Misfit as error:
        raise FileError(f"{path} is no baseline of diptych: {error}; name another file, or mend this one") from None
    return dict(data["reports"])


def kept_of(path: Path, reports: Mapping[str, Entry], name: str) -> Entry:
    """What a baseline keeps of a name; raises DiptychError where it keeps nothing."""
    if name not in reports:
        has = first_few([printable(item, 200) for item in reports], 8) or "nothing"
        raise DiptychError(f"the baseline {path} has nothing of {printable(name, 200)} (it has {has}); "
                           "add it with --update")  # fmt: skip
    return reports[name]


def written(reports: Mapping[str, Entry]) -> str:
    """The text of a baseline: the same for the same reports."""
    return json.dumps({"baseline": 1, "reports": dict(sorted(reports.items()))}, indent=2) + "\n"
