"""Damaged and hostile inputs by the thousand, made from a seed, and the process that drives them through diptych.

`inputs` makes them, kind by kind; `drive` runs them in a process of its own with limits of memory and time. What is
accepted is held against the reader of the format's own library (`oracles`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

FOLDER = b"@FOLDER@"
"""What stands in a JSON text for the folder that an input is written to."""
Job = Literal["weights", "report", "manifest", "net"]


@dataclass(frozen=True)
class Input:
    """One input: its files by name, and the one that is handed over.

    A `weights` file goes through identify and convert, a `report` through verify, a `manifest` through a batch, a
    `net` through Net.from_json, source and build.
    """

    kind: str
    name: str
    files: Mapping[str, bytes]
    path: str
    job: Job = "weights"

    def written(self, folder: Path) -> Path:
        """Its files in a folder, and the path to hand over."""
        for name, data in self.files.items():
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data.replace(FOLDER, str(folder).encode()) if name.endswith(".json") else data)
        return folder / self.path


@dataclass(frozen=True)
class Outcome:
    """What became of an input: `what` is one of WANTED, or the fault; `peak` is in bytes beyond what was there before.

    `refused` is one clean error, `accepted` the same arrays (or the same net) as the library's own reader gives.
    """

    kind: str
    name: str
    what: str
    message: str = ""
    seconds: float = 0.0
    peak: int = 0


WANTED = ("refused", "accepted")


def cut_short(values: Any, most: int) -> Iterator[Any]:
    """At most `most` of the values, evenly taken."""
    found = list(values)
    step = max(len(found) / most, 1.0) if most else 1.0
    seen = set()
    for index in range(min(len(found), most)):
        place = int(index * step)
        if place not in seen:
            seen.add(place)
            yield found[place]
