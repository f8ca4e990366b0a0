"""Repeat the proof of a conversion from its result, its report, and its source where that is still there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..checking.proof import Precision, Proof, Side, prove
from ..common.errors import DiptychError, FileError
from ..common.weights import checked
from ..files import read, source_format
from .forms import target
from .identify import Identified, identified
from .report import digest, report_path

FIELDS = {"path": str, "sha256": str, "network": str, "options": dict}
"""What a report says of each side, as far as it is needed here."""


@dataclass(frozen=True)
class Verification:
    """What was found: `passed`, the proof as it is now, and in words what was compared or why it does not hold."""

    path: Path
    network: str
    passed: bool
    said: tuple[str, ...]
    proof: Proof | None = None

    def __str__(self) -> str:
        head = f"{self.path}: {self.network}: {'verified' if self.passed else 'NOT verified'}"
        return "\n".join([head, *(f"  {line}" for line in self.said)])


def verify(path: str | Path, check: Precision = "float64") -> Verification:
    """Hold a converted file against its report: its bytes, then its outputs against those of the source's weights.

    Where the source is gone or changed, the file's weights are run in both frameworks instead. Raises FileError where
    there is no report, or one that cannot be read.
    """
    path = Path(path)
    report = _report(path)
    result, source = report["result"], report["source"]
    name = str(result["network"])
    found = digest(path) if path.exists() else ""
    said = []
    if found != result["sha256"]:
        why = f"its SHA-256 is {found[:16] or 'that of no file'}..., the report says {str(result['sha256'])[:16]}..."
        return Verification(path, name, False, (why, "the file was changed after the conversion; convert it anew"))
    said.append(f"the file is the one that was written (SHA-256 {found[:16]}...)")
    mine = identified(read(path), name, _options(result))
    origin = Path(source["path"])
    try:
        if origin.exists() and digest(origin) == source["sha256"]:
            said.append(f"its source {origin} is unchanged")
            proof = _against_source(mine, path, origin, source, check)
        else:
            said.append(f"its source {origin} is gone or changed: the file's weights were run in both frameworks")
            arrays = checked(mine.net, mine.checkpoint.named(mine.net), str(path))
            proof = prove(Side(mine.net, "torch", arrays), Side(mine.net, "tf", arrays), check)
    except DiptychError as error:
        return Verification(path, name, False, (*said, str(error)))
    return Verification(path, name, True, (*said, str(proof)), proof)


def _against_source(mine: Identified, path: Path, origin: Path, stated: dict[str, Any], check: Precision) -> Proof:
    theirs = identified(read(origin), str(stated["network"]), _options(stated))
    before = checked(theirs.net, theirs.checkpoint.named(theirs.net), str(origin))
    after = checked(mine.net, mine.checkpoint.named(mine.net), str(path))
    one, two = source_format(origin).framework, source_format(path).framework
    unrounded = None
    if theirs.net.name != mine.net.name:
        net, exact, _, _ = target(theirs.net, before, mine.net.name, "diptych")
        unrounded = Side(net, two, exact)
    return prove(Side(theirs.net, one, before), Side(mine.net, two, after), check, unrounded)


def _options(stated: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in stated["options"].items()}


def _report(path: Path) -> dict[str, Any]:
    place = report_path(path)
    try:
        data: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
        for side in ("source", "result"):
            if not all(isinstance(data[side][key], kind) for key, kind in FIELDS.items()):
                raise TypeError(side)
    except FileNotFoundError:
        raise FileError(f"{path} has no {place.name} beside it, which says what to hold it against") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{place} is no report of a conversion ({type(error).__name__}); convert anew") from None
    return data
