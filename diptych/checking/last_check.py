"""The last check of a network: kept in the user's cache folder, or read from a file of `diptych check --json`.

It is kept with a digest of the network and the version of diptych; a page shows it only where both still hold.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..common.errors import DiptychError, FileError
from ..common.registry import traced
from ..common.spec import Net
from ..common.versions import versions_of
from ..files.atomic import replacing
from .report import Gate, Report

PACKAGES = ("diptych", "torch", "tensorflow", "keras", "numpy")
NUMBER = (int, float, type(None))


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
    data = {"digest": _digest(traced(report.network, {})), "when": datetime.now(UTC).isoformat(timespec="seconds")}
    text = json.dumps(data | {"versions": versions_of(PACKAGES), "report": report.to_dict()}, indent=1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path, force=True) as temporary:
            temporary.write_text(text + "\n", encoding="utf-8")
    except (OSError, FileError):
        return


def recall(net: Net) -> Recorded | None:
    """The last report of exactly this network by this version of diptych; None where there is none."""
    try:
        data = json.loads(_path(net.name).read_text(encoding="utf-8"))
        kept = Recorded(_report(data["report"]), str(data["when"]), dict(data["versions"]))
        current = data["digest"] == _digest(net) and kept.versions.get("diptych") == versions_of(PACKAGES)["diptych"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return kept if current and kept.report.network == net.name else None


def read_check(path: Path, net: Net) -> Recorded:
    """The report of a network in a file of `diptych check --json`; raises DiptychError where the file has none."""
    advice = f"write one with `diptych check {net.name} --json FILE`"
    try:
        reports = [_report(item) for item in json.loads(path.read_text(encoding="utf-8"))["reports"]]
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise FileError(f"{path} holds no reports of a check ({type(error).__name__}); {advice}") from None
    found = [report for report in reports if report.network == net.name]
    if not found:
        names = ", ".join(report.network for report in reports) or "none"
        raise DiptychError(f"{path} has no report of {net.name} (it has {names}); {advice}")
    return Recorded(found[-1], file=path.name)


def _path(name: str) -> Path:
    base = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(base) if os.path.isabs(base) else Path("~/.cache").expanduser()
    return folder / "diptych" / "checks" / f"{name}.json"


def _digest(net: Net) -> str:
    return hashlib.sha256(net.to_json().encode()).hexdigest()


def _report(data: Any) -> Report:
    """A report from plain data; raises KeyError, TypeError or ValueError where it is none."""
    gates = tuple(_gate(item) for item in data["gates"])
    cases = tuple(_require_kind(case, str) for case in data["cases"])
    noise = {_require_kind(key, str): float(value) for key, value in data["noise"].items()}
    return Report(_require_kind(data["network"], str), gates, cases, noise, float(data["seconds"]))


def _gate(data: Any) -> Gate:
    numbers = {key: _require_kind(data[key], NUMBER) for key in ("measured", "tolerance")}
    texts = {key: _require_kind(data[key], str) for key in ("name", "where", "detail")}
    return Gate(
        passed=_require_kind(data["passed"], (bool, type(None))), compared=int(data["compared"]), **numbers, **texts
    )


def _require_kind(value: Any, kind: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is no {kind}")
    return value
