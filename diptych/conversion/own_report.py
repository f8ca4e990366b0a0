"""What is kept of the conversion of a model of somebody's own: the report, and the page of it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..checking.own import OwnProof
from ..checking.proof import FRAMEWORKS
from ..common.dialect import Dialect
from ..common.spec import Net
from ..common.text import printable
from ..files import format_of
from ..files.content import Content
from .report import Conversion, digest, names_of, versions

KINDS = {"file": "a file", "code": "code", "memory": "memory"}
"""Where a model came from -> in words."""


@dataclass(frozen=True)
class OwnConversion(Conversion):
    """The conversion of a model of somebody's own, whose source for a framework is in `emitted`, as the class `root`.

    `measured` is its proof, None where it was not asked for.
    """

    name: str = ""
    emitted: Path = field(default_factory=Path)
    root: str = ""
    side: str = ""
    measured: OwnProof | None = None

    def __str__(self) -> str:
        lines = [f"{self.name} -> {self.destination}: {self.network}"]
        lines += [f"  {self.matched} weights, read back bitwise equal"]
        lines += [f"  {self.measured}"] if self.measured else []
        lines += [f"  {side} read again, the same bits: {reader}" for side, reader in self.readers.items()]
        lines += [f"  {self.emitted}: its source for {FRAMEWORKS[self.side]}, the class {self.root}"]
        lines += [f"  not compared: {what}" for what in self.not_compared]
        return "\n".join(map(printable, [*lines, *(f"  note: {note}" for note in self.notes)]))


def mapping_of_own(net: Net, renamed: Mapping[str, str], dialect: Dialect) -> list[list[str]]:
    """[name in the model, our name, name in the result] of each weight."""
    ours = names_of(net, dialect)
    return [[renamed.get(name, name), name, ours[name]] for name in net.weights]


def write_own_report(
    done: OwnConversion,
    model: Mapping[str, Any],
    renamed: Mapping[str, str],
    content: Content,
    staged: Mapping[Path, Path],
    html: Path | None,
) -> None:
    """Write DST.report.json, and the page of it where one is asked for, to where each is staged beside the result."""
    data = {
        "model": dict(model),
        "result": {
            "path": os.path.realpath(done.destination),
            "format": format_of(done.destination).name,
            "sha256": done.result,
            "names": done.to,
            "network": done.network,
        },
        "emitted": {
            "path": os.path.realpath(done.emitted),
            "sha256": digest(staged[done.emitted]),
            "framework": done.side,
            "class": done.root,
        },
        "versions": versions(),
        "matched": done.matched,
        "bitwise": done.bitwise,
        "proof": asdict(done.measured) if done.measured else None,
        "readers": dict(done.readers),
        "seconds": round(done.seconds, 3),
        "notes": list(done.notes),
        "not_compared": list(done.not_compared),
        "mapping": mapping_of_own(content.net, renamed, content.dialect),
    }
    staged[done.report].write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    if html is not None:
        from .certificate import page

        staged[html].write_text(page(_as_any(data, done)), encoding="utf-8")


def _as_any(data: Mapping[str, Any], done: OwnConversion) -> dict[str, Any]:
    """The report in the words of the page, which is that of every conversion."""
    model, said = data["model"], f"{FRAMEWORKS[data['model']['framework']]}, from {KINDS[data['model']['kind']]}"
    source = {"path": model["name"], "network": done.network, "format": said, "names": "its own", "options": {}}
    result = {**data["result"], "options": {}}
    emitted = {**data["emitted"], "framework": FRAMEWORKS[data["emitted"]["framework"]]}
    measured = str(done.measured) if done.measured else ""
    return {
        **data,
        "source": {**source, "sha256": model["sha256"]},
        "result": result,
        "emitted": emitted,
        "measured": measured,
    }
